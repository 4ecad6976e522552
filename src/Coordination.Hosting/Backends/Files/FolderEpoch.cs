namespace Coordination.Backends.Files;

/// <summary>Where the numbers of a new shared memory begin: above all that any before it gave out, also when nothing of it is left.</summary>
/// <remarks>
/// A folder on a tmpfs is gone with the machine's next start, and anybody may delete one. So a new memory begins with the wall clock, in quarters of a
/// microsecond since 2020, and counts grants and members from there. Nobody grants four million locks a second for long: whatever begins later
/// begins higher, until 2091. Where something of the one before is left, its numbers count as well, and a clock that was set back does no harm.
/// </remarks>
internal static class FolderEpoch
{
    /// <summary>Less than any: also where the clock says nothing.</summary>
    private const long Least = 1L << 40;

    /// <summary>What may have been granted since the memory last reached the disk: ten million.</summary>
    private const long Jump = 10_000_000;

    /// <summary>The bits of a token below the epoch, in units of <see cref="Fence.Step"/>, when epochs counted starts of the machine.</summary>
    private const int OldShift = Fence.EpochShift - 10;

    private static readonly DateTimeOffset Beginning = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether it is of a version whose epochs counted starts of the machine.</summary>
    public static bool IsOld(long epoch) => epoch < Least;

    /// <summary>The next one.</summary>
    /// <param name="time">The wall clock.</param>
    /// <param name="before">The epoch before, if that is known.</param>
    /// <param name="lastGrant">The last grant of it, if that is known.</param>
    public static long Next(TimeProvider time, long? before, long? lastGrant)
    {
        var clock = (time.GetUtcNow() - Beginning).Ticks * 2 / 5;
        var known = before is not { } epoch ? 0
            : IsOld(epoch) ? (epoch + 1) << OldShift
            : Math.Max(epoch, lastGrant ?? 0) + Jump;
        return Math.Max(Least, Math.Max(clock, known));
    }
}
