namespace Coordination.Shell;

/// <summary>The command cannot go on; says why in a line, and with which code it ends.</summary>
internal sealed class CliFault(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CliFault Usage(string message) => new(ExitCodes.Usage, message);
}
