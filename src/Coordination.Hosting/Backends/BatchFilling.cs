namespace Coordination.Backends;

/// <summary>How long the next batch waits for those who are about to join it. Pure.</summary>
/// <remarks>
/// Callers come in waves: a batch answers many of them, and each comes back a few microseconds later with its next command. A thread
/// that takes the first few of the wave carries two half batches where one would do, and the round trip is what a batch costs. So it
/// waits while the wave is still coming in; a caller alone, or few of them, never wait.
/// </remarks>
internal static class BatchFilling
{
    /// <summary>Below it a batch answers too few to be waited for.</summary>
    public const int Few = 4;

    /// <summary>About a round trip: longer than that, two batches would have been as fast.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(100);

    /// <summary>The wave is as large as the last one and nobody has come for so long: it is over.</summary>
    public static readonly TimeSpan QuietWhenFull = TimeSpan.FromMicroseconds(3);

    /// <summary>Nobody has come for so long, though some are missing: they do something else, or hold what they took.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMicroseconds(15);

    /// <param name="count">How many commands have gathered.</param>
    /// <param name="lastBatch">How many the last batch carried.</param>
    /// <param name="quiet">How long ago the last one came.</param>
    /// <param name="waited">How long it has been waited for them.</param>
    public static bool IsWorthWaiting(int count, int lastBatch, TimeSpan quiet, TimeSpan waited) =>
        lastBatch >= Few && waited < Longest && quiet < (count >= lastBatch ? QuietWhenFull : Quiet);
}
