using System.Text;

namespace Coordination;

/// <summary>UTF-8 that refuses what it cannot express instead of replacing it by a question mark.</summary>
internal static class StrictUtf8
{
    public static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
