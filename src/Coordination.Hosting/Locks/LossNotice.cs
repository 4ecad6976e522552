using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Locks;

/// <summary>Fires the tokens of lost locks, on threads of its own: neither a starved pool nor one callback that blocks may keep the others from hearing.</summary>
internal sealed class LossNotice
{
    private const int MostThreads = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

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

    /// <summary>Returns at once. All of them are marked lost already; this only runs the callbacks.</summary>
    public static void Send(IReadOnlyList<LockClaim> losers, string reason, ILogger logger)
    {
        if (losers.Count > 0)
        {
            Start(new LossNotice(losers, reason, logger).Supervise);
        }
    }

    private static void Start(ThreadStart work) => new Thread(work) { IsBackground = true, Name = "coordination loss notice" }.UnsafeStart();

    private void Supervise()
    {
        var threads = 0;
        var told = -1;
        do
        {
            // No progress since the last look: somebody's callback blocks, so the rest gets another thread.
            var now = Volatile.Read(ref _next);
            if ((threads == 0 || now == told) && threads < MostThreads)
            {
                threads++;
                Start(Work);
            }

            told = now;
        }
        while (!_left.Wait(Patience));
    }

    private void Work()
    {
        for (var i = Interlocked.Increment(ref _next); i < _losers.Count; i = Interlocked.Increment(ref _next))
        {
            var claim = _losers[i];
            try
            {
                claim.FireLost();
            }
            catch (Exception e)
            {
                Log.LostCallbackFailed(_logger, claim.Name, e);
            }

            Log.LockLost(_logger, claim.Name, claim.Token, _reason);
            _left.Signal();
        }
    }
}
