namespace Coordination.Shell;

/// <summary>The command cannot go on; says why in a line, and with which code it ends.</summary>
internal sealed class CliFault(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CliFault Usage(string message) => new(ExitCodes.Usage, message);

    public static CliFault Unanswered(string backend, TimeSpan time) => new(ExitCodes.Unavailable,
        $"{backend} has not answered for {time.TotalSeconds:0.###} s. Check that it runs and that nothing in between swallows what is sent to it, or give it longer with --connect-timeout.");
}
