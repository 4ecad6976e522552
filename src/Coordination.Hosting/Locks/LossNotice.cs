using Coordination.Diagnostics;

namespace Coordination.Locks;

/// <summary>Fires the tokens of lost locks, on threads of its own: neither a starved pool nor callbacks that block may keep the others from hearing.</summary>
internal sealed class LossNotice
{
    private const int MostThreads = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestMarking = TimeSpan.FromSeconds(3); // only where more callbacks block than there are threads, on a machine that is overloaded besides

    private readonly IReadOnlyList<LockClaim> _losers;
    private readonly string _reason;
    private readonly LockJournal _journal;
    private readonly CountdownEvent _left;
    private int _next = -1;

    private LossNotice(IReadOnlyList<LockClaim> losers, string reason, LockJournal journal)
    {
        _losers = losers;
        _reason = reason;
        _journal = journal;
        _left = new CountdownEvent(losers.Count);
    }

    /// <summary>
    /// Returns when everybody has been told, so that whoever then lets go of the session lets nobody in before. Callbacks that
    /// take their time do not hold it up for longer than it takes to find that out; every token has fired by then.
    /// </summary>
    public static void Send(IReadOnlyList<LockClaim> losers, string reason, LockJournal journal)
    {
        if (losers.Count > 0)
        {
            var notice = new LossNotice(losers, reason, journal);
            Start(notice.Supervise);
            if (!notice._left.Wait(5 * Patience))
            {
                SpinWait.SpinUntil(() => losers.All(static claim => claim.HasFired), LongestMarking);
            }
        }
    }

    private static void Start(ThreadStart work) => new Thread(work) { IsBackground = true, Name = "coordination loss notice" }.UnsafeStart();

    private void Supervise()
    {
        // One thread is enough where callbacks are quick.
        Start(Fire);
        if (!_left.Wait(Patience))
        {
            // Somebody's callback takes its time: everybody else gets a thread of its own now, not one after the other.
            for (var threads = 1; threads < MostThreads && Volatile.Read(ref _next) < _losers.Count - 1; threads++)
            {
                Start(Fire);
            }

            if (!_left.Wait(Patience))
            {
                Work(static claim => claim.FireLostInPool()); // so many block at once: the rest is marked here, and called back by the pool
            }
        }

        foreach (var claim in _losers)
        {
            _journal.TellLost(claim, _reason);
        }
    }

    private void Fire() => Work(static claim => claim.FireLost());

    private void Work(Action<LockClaim> fire)
    {
        for (var i = Interlocked.Increment(ref _next); i < _losers.Count; i = Interlocked.Increment(ref _next))
        {
            var claim = _losers[i];
            try
            {
                fire(claim);
            }
            catch (Exception e)
            {
                Log.LostCallbackFailed(_journal.Logger, claim.Name, e);
            }

            _left.Signal();
        }
    }
}
