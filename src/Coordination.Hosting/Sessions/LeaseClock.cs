using Coordination.Backends;

namespace Coordination.Sessions;

/// <summary>How long the server's last answer may be believed.</summary>
/// <remarks>
/// Counted from the moment the answered beat was <b>sent</b>, and a tenth shorter than the server's own count, which starts
/// later and runs longer: so we stop believing before the server can give our locks to anybody else for our silence. Once
/// closed it never opens again: an answer that arrives too late belongs to a lease that others may have seen end.
/// </remarks>
internal sealed class LeaseClock(TimeProvider time, TimeSpan leaseTime, Moment openedAt)
{
    private readonly TimeSpan _trust = TrustOf(leaseTime);

    // A reference is swapped atomically; the two numbers of a Moment are not. Who finds it over swaps in the end of it.
    private Count _count = new(openedAt, IsOver: false);

    /// <summary>How much of the lease we believe in.</summary>
    public static TimeSpan TrustOf(TimeSpan leaseTime) => leaseTime * 0.9;

    /// <summary>Time left; zero or less when the lease is over.</summary>
    public TimeSpan Remaining => IsOpen ? _trust - Age : Earlier(_trust - Age, TimeSpan.Zero);

    /// <summary>How long ago the last answered beat was sent.</summary>
    public TimeSpan Age => Volatile.Read(ref _count).SentAt.Elapsed(time);

    public bool IsOpen
    {
        get
        {
            while (true)
            {
                var count = Volatile.Read(ref _count);
                if (count.IsOver || count.SentAt.Elapsed(time) < _trust)
                {
                    return !count.IsOver;
                }

                // Nobody may be told that it is over and then find it open: because a renewal was between its look at the clock
                // and its note, or because the wall clock was set ahead and back. The note or the end, whichever swaps first, counts.
                Interlocked.CompareExchange(ref _count, count with { IsOver = true }, count);
            }
        }
    }

    /// <summary>Counts anew from a beat that was answered.</summary>
    /// <returns>False when the lease was over before the answer came.</returns>
    public bool TryRenew(Moment sentAt)
    {
        while (IsOpen)
        {
            // Answers come from one session thread, but one asked for out of turn may be handed over late: never go back.
            var count = Volatile.Read(ref _count);
            if (!count.IsOver
                && (sentAt.Timestamp <= count.SentAt.Timestamp
                    || ReferenceEquals(Interlocked.CompareExchange(ref _count, new Count(sentAt, IsOver: false), count), count)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The same count for a connection beside the session.</summary>
    public HomeLease ForHome(ILockHome home) => new(home, time, _trust);

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private sealed record Count(Moment SentAt, bool IsOver);
}
