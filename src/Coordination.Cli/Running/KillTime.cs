namespace Coordination.Running;

/// <summary>When a command must be dead whose lock is lost. Pure.</summary>
/// <remarks>
/// A lease is believed for nine tenths of its time, counted from when the last answered heartbeat was sent. When that is over its session is given up,
/// and where the server can be reached at that moment the lock is free. So the command is told a little before, and is dead when the belief ends;
/// the last tenth is left for a clock that runs slower than the server's and for the kill itself.
/// </remarks>
internal static class KillTime
{
    private const double Share = 0.07;

    /// <summary>How long before the end of our belief a command is told to end whose heartbeats are not answered.</summary>
    public static TimeSpan Window(TimeSpan leaseTime) => leaseTime * Share;

    /// <summary>How long the command has from being told to its end.</summary>
    /// <param name="isLost">Whether the lock is lost already: then it may be somebody's.</param>
    /// <param name="believed">What is left of our belief.</param>
    /// <param name="killAfter">How long it is to have at most.</param>
    public static TimeSpan After(bool isLost, TimeSpan believed, TimeSpan killAfter) =>
        isLost || believed <= TimeSpan.Zero ? TimeSpan.Zero : believed < killAfter ? believed : killAfter;
}
