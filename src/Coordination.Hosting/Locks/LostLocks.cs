using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The locks that were lost last: for people who look here, and for the others until they have been told.</summary>
internal sealed class LostLocks(TimeProvider time)
{
    private const int Most = 100;

    private readonly Lock _gate = new();
    private readonly Queue<LostLock> _last = [];
    private readonly List<(LostLock Lock, long Since)> _untold = [];

    /// <summary>Whether there is something that the others have not been told.</summary>
    public bool HasUntold
    {
        get
        {
            lock (_gate)
            {
                return _untold.Count > 0;
            }
        }
    }

    public void Add(IReadOnlyList<LockClaim> losers, string reason)
    {
        var (now, since) = (time.GetUtcNow(), time.GetTimestamp());
        lock (_gate)
        {
            foreach (var claim in losers.TakeLast(Most))
            {
                var one = new LostLock(claim.Name, claim.Token, now, reason);
                _last.Enqueue(one);
                _untold.Add((one, since));
            }

            while (_last.Count > Most)
            {
                _last.Dequeue();
            }

            _untold.RemoveRange(0, Math.Max(0, _untold.Count - Most));
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<LostLock> Read()
    {
        lock (_gate)
        {
            return [.. _last.Reverse()];
        }
    }

    /// <summary>Tells the others what they have not been told. What could not be told stays, for the next time.</summary>
    public async Task TellAsync(IBackendSession session)
    {
        (LostLock Lock, long Since)[] untold;
        lock (_gate)
        {
            untold = [.. _untold];
        }

        await session.TellLostAsync([.. untold.Select(one => new LostNote(one.Lock.Name.Value, one.Lock.Token.Value, time.GetElapsedTime(one.Since), one.Lock.Reason))])
            .ConfigureAwait(false);
        lock (_gate)
        {
            _untold.RemoveAll(untold.Contains);
        }
    }
}
