namespace Coordination.Shell;

/// <summary>What the command answers with; the numbers of sysexits.h where it has one.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Something that was looked for is not as it should be: <c>check</c> found a fault, or nobody was there to evict.</summary>
    public const int Negative = 1;

    public const int Usage = 64;

    public const int Unavailable = 69;

    /// <summary>A fault of this program.</summary>
    public const int Internal = 70;

    public const int NotAcquired = 75;

    public const int Lost = 76;

    public const int Configuration = 78;

    public const int CannotExecute = 126;

    public const int NotFound = 127;

    /// <summary>What a shell says of a command whose reader has gone.</summary>
    public const int Unheard = 141;

    /// <summary>What a shell says of a command that a signal ended.</summary>
    public static int OfSignal(int signal) => 128 + signal;
}
