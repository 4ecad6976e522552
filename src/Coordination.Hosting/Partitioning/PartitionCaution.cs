namespace Coordination.Partitioning;

/// <summary>How long a partition that was granted waits before it runs, because its last owner may not know yet that it has lost it.</summary>
/// <remarks>
/// A server that ends a session frees its locks at once, and the process learns of it up to a second later, with its next pulse. Such a
/// process is shown as suspect or dead, so after that nothing begins for this second. A member that has not settled takes only what is
/// free although its owner may live, so it waits too; and so does whoever found it taken when it first asked. What was free at the first
/// attempt, after an orderly farewell, has nothing to wait for.
/// </remarks>
internal sealed class PartitionCaution(TimeProvider time)
{
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(1);

    private readonly long _begun = time.GetTimestamp();
    private long _doubtUntil;
    private long _settledAt;

    private TimeSpan Now => time.GetElapsedTime(_begun);

    /// <summary>Takes in what a new view tells of the others, before anything is taken by it.</summary>
    /// <param name="view">The view.</param>
    /// <param name="self">Our own number: what happens to us, we know.</param>
    public void See(GroupView view, long self)
    {
        if (view.IsReset || view.Changes.Any(change => change.Member.Number != self && change.Kind is MemberChangeKind.Died or MemberChangeKind.Suspected or MemberChangeKind.Superseded))
        {
            Volatile.Write(ref _doubtUntil, (Now + Doubt).Ticks);
        }
    }

    /// <summary>Takes in when this member will have been there for the settle time.</summary>
    public void Settle(TimeSpan left) => Volatile.Write(ref _settledAt, left > TimeSpan.Zero ? (Now + left).Ticks : 0);

    /// <summary>How long what was granted at a moment is still to wait; not over zero when it may run.</summary>
    /// <param name="granted">A timestamp of the clock.</param>
    /// <param name="wasBusy">Whether somebody had it when it was asked for: whether that one gave it back or lost it without knowing, nobody says.</param>
    public TimeSpan LeftFor(long granted, bool wasBusy)
    {
        var sure = (time.GetElapsedTime(_begun, granted) + Doubt).Ticks;
        var settling = wasBusy ? sure : long.Min(sure, Volatile.Read(ref _settledAt));
        return TimeSpan.FromTicks(long.Max(settling, Volatile.Read(ref _doubtUntil))) - Now;
    }
}
