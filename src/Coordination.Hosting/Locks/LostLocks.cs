namespace Coordination.Locks;

/// <summary>The locks that were lost last, for people.</summary>
internal sealed class LostLocks(TimeProvider time)
{
    private const int Most = 100;

    private readonly Lock _gate = new();
    private readonly Queue<LostLock> _last = [];

    public void Add(IReadOnlyList<LockClaim> losers, string reason)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            foreach (var claim in losers.TakeLast(Most))
            {
                _last.Enqueue(new LostLock(claim.Name, claim.Token, now, reason));
            }

            while (_last.Count > Most)
            {
                _last.Dequeue();
            }
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
}
