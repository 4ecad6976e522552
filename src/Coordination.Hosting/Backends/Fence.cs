namespace Coordination.Backends;

/// <summary>How fencing tokens are numbered.</summary>
internal static class Fence
{
    /// <summary>
    /// The distance between two numbers that the server draws. Those between are for grants that a process passes on among its own
    /// callers without asking the server again: each gets a fresh token, smaller than whatever is drawn next.
    /// </summary>
    public const int Step = 1024;

    /// <summary>
    /// How far every session first jumps ahead, durably: over everything that a crash of the server may have forgotten
    /// (a million numbers that were not flushed yet).
    /// </summary>
    public const long Jump = 1_000_000L * Step;

    /// <summary>
    /// The bits below the epoch: a database that lost history gives greater tokens all the same. 2^48 numbers hold a quarter of a
    /// million jumps, so even a backup that many sessions ago is outnumbered by one epoch; 2^15 epochs are left above them.
    /// </summary>
    public const int EpochShift = 48;

    /// <summary>The token of a number that was drawn in an epoch.</summary>
    public static long TokenOf(long epoch, long number) => (epoch << EpochShift) + number;
}
