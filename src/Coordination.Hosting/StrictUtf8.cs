using System.Text;

namespace Coordination;

/// <summary>UTF-8 that refuses what it cannot express instead of replacing it by a question mark.</summary>
internal static class StrictUtf8
{
    public static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a text has no half of a surrogate pair in it.</summary>
    public static bool CanExpress(string text)
    {
        try
        {
            _ = Encoding.GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
