using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>Fires the tokens of lost locks, on threads of its own: neither a starved pool nor callbacks that block may keep the others from hearing.</summary>
internal sealed class LossNotice
{
    private const int MostThreads = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private readonly IReadOnlyList<LockClaim> _losers;
    private readonly string _reason;
    private readonly ILogger _logger;
    private readonly CountdownEvent _left;
    private int _next = -1;

    private LossNotice(IReadOnlyList<LockClaim> losers, string reason, ILogger logger)
    {
        _losers = losers;
        _reason = reason;
        _logger = logger;
        _left = new CountdownEvent(losers.Count);
    }

    /// <summary>
    /// Returns when everybody has been told, so that whoever then lets go of the session lets nobody in before. Callbacks that
    /// take their time do not hold it up for longer than it takes to find that out: all of them are marked lost already.
    /// </summary>
    public static void Send(IReadOnlyList<LockClaim> losers, string reason, ILogger logger)
    {
        if (losers.Count > 0)
        {
            var notice = new LossNotice(losers, reason, logger);
            Start(notice.Supervise);
            notice._left.Wait(5 * Patience);
        }
    }

    private static void Start(ThreadStart work) => new Thread(work) { IsBackground = true, Name = "coordination loss notice" }.UnsafeStart();

    private void Supervise()
    {
        var threads = 0;
        var told = -1;
        do
        {
            var now = Volatile.Read(ref _next);
            if (now >= _losers.Count - 1 && threads > 0)
            {
                break; // each is in somebody's hands; a callback that never returns keeps its own thread and nobody else
            }

            // No progress since the last look: somebody's callback blocks, so the rest gets another thread.
            if (threads == 0 || (now == told && threads < MostThreads))
            {
                threads++;
                Start(() => Work(static claim => claim.FireLost()));
            }
            else if (now == told)
            {
                // So many callbacks block at once: the rest is left to the pool, which at least marks every token at once.
                Work(static claim => claim.FireLostInPool());
            }

            told = now;
        }
        while (!_left.Wait(Patience));

        foreach (var claim in _losers)
        {
            Log.LockLost(_logger, claim.Name, claim.Token, _reason);
        }
    }

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
                Log.LostCallbackFailed(_logger, claim.Name, e);
            }

            _left.Signal();
        }
    }
}
