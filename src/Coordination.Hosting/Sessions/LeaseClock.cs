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

    // A reference is swapped atomically; the two numbers of a Moment are not.
    private volatile Box _last = new(openedAt);

    /// <summary>How much of the lease we believe in.</summary>
    public static TimeSpan TrustOf(TimeSpan leaseTime) => leaseTime * 0.9;

    /// <summary>Time left; zero or less when the lease is over.</summary>
    public TimeSpan Remaining => _trust - Age;

    /// <summary>How long ago the last answered beat was sent.</summary>
    public TimeSpan Age => _last.SentAt.Elapsed(time);

    public bool IsOpen => Remaining > TimeSpan.Zero;

    /// <summary>Counts anew from a beat that was answered.</summary>
    /// <returns>False when the lease was over before the answer came.</returns>
    public bool TryRenew(Moment sentAt)
    {
        if (!IsOpen)
        {
            return false;
        }

        // Answers come from one session thread, but one asked for out of turn may be handed over late: never go back.
        if (sentAt.Timestamp > _last.SentAt.Timestamp)
        {
            _last = new Box(sentAt);
        }

        return true;
    }

    private sealed class Box(Moment sentAt)
    {
        public Moment SentAt { get; } = sentAt;
    }
}
