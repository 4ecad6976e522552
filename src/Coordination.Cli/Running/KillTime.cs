namespace Coordination.Running;

/// <summary>When a command must be dead whose lock is lost. Pure.</summary>
/// <remarks>
/// A lease is believed for nine tenths of its time, counted from when the last answered heartbeat was sent; the server keeps it for all of it, counted
/// from later. So between the loss and the first instant at which somebody else can have the lock lies a tenth, of which we leave a part for a
/// clock that runs slower than the server's and for the kill itself.
/// </remarks>
internal static class KillTime
{
    private const double SlowClock = 0.03;

    /// <summary>A loss that comes this much before the end of the lease is not the lease's end.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(250);

    /// <summary>How long after the end of our belief the command may still live.</summary>
    public static TimeSpan Window(TimeSpan leaseTime)
    {
        var reserve = leaseTime * SlowClock > Reserve ? leaseTime * SlowClock : Reserve;
        return leaseTime * 0.1 > reserve ? (leaseTime * 0.1) - reserve : TimeSpan.Zero;
    }

    /// <summary>How long the command has from the loss to its end.</summary>
    /// <param name="leaseLeft">What was left of our belief, by what was last known, when the loss was told; negative when it was over.</param>
    /// <param name="leaseTime">The lease.</param>
    /// <param name="killAfter">How long it is to have at most.</param>
    public static TimeSpan After(TimeSpan leaseLeft, TimeSpan leaseTime, TimeSpan killAfter)
    {
        // The server itself has ended the session: the lock may be somebody's already.
        if (leaseLeft > Early)
        {
            return TimeSpan.Zero;
        }

        var left = Window(leaseTime) + leaseLeft;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < killAfter ? left : killAfter;
    }
}
