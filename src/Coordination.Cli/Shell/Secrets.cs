using System.Text.RegularExpressions;

namespace Coordination.Shell;

/// <summary>The last line of defence: our own messages carry no password, but a message may repeat what somebody typed. Pure.</summary>
internal static partial class Secrets
{
    public static string Hide(string text) => Keyword().Replace(UserInfo().Replace(text, "$1***@"), "$1***");

    // The password may hold any character but those that end the authority; a second @ belongs to it.
    [GeneratedRegex(@"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@]*:)[^\s/?#]*@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(\b(?:password|pwd|passfile|sslpassword|ssl password)\s*=\s*)(?:'[^']*'|""[^""]*""|[^\s;&]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Keyword();
}
