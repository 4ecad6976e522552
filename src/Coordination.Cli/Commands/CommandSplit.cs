namespace Coordination.Commands;

/// <summary>Divides what was typed at the first <c>--</c>. What comes after it is somebody else's command, and is not looked into.</summary>
internal static class CommandSplit
{
    private const string Mark = "--";

    /// <returns>What is ours, and the command; null without a mark.</returns>
    public static (string[] Ours, string[]? Command) Of(string[] arguments) => Array.IndexOf(arguments, Mark) is >= 0 and var mark
        ? (arguments[..mark], arguments[(mark + 1)..])
        : (arguments, null);
}
