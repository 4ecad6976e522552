using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Finds out who holds a key, from what is known here and what the server says. For people and messages, never to decide anything.</summary>
internal sealed class LockInspector(LockTable table, LockContext context)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    /// <summary>The most questions on their way at a time: whatever else the session is asked stands behind them.</summary>
    private const int MostQuestions = 16;

    private readonly Dictionary<LockKey, Task<LockInspection>> _asked = [];

    /// <summary>Everything that has been held or waited for here for some time.</summary>
    public IReadOnlyList<LockClaim> Collect(TimeSpan atLeast)
    {
        List<LockClaim> old = [];
        lock (table.Gate)
        {
            foreach (var entry in table.Entries.Values)
            {
                Add(entry.Holders);
                Add(entry.Queue);
            }
        }

        return old;

        void Add(ClaimList claims)
        {
            foreach (var claim in claims)
            {
                if (table.Age(claim) >= atLeast)
                {
                    old.Add(claim);
                }
            }
        }
    }

    public async Task<LockStatus> InspectAsync(LockKey key, CancellationToken cancellationToken)
    {
        var said = await table.Lease.Session.InspectAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false);
        var (heldSince, waiting) = Look(key);
        return heldSince is { } since
            ? new LockStatus(IsHeld: true, context.MemberId, said.Since ?? context.Time.GetUtcNow() - context.Time.GetElapsedTime(since), Math.Max(said.Waiters, waiting))
            : new LockStatus(said.IsHeld, said.Holder, said.Since, Math.Max(said.Waiters, waiting));
    }

    /// <summary>The id of the member that holds a key; null when nobody does or it cannot be found out in a moment.</summary>
    public async Task<string?> FindHolderAsync(LockKey key)
    {
        if (Look(key).HeldSince is not null)
        {
            return context.MemberId;
        }

        try
        {
            return AskOnce(key) is { } said ? (await said.WaitAsync(Moment, context.Time).ConfigureAwait(false)).Holder : null;
        }
        catch (Exception e) when (e is CoordinationException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>A thousand callers whose time ran out at once get one answer for each key; null when too many keys are being asked for.</summary>
    private Task<LockInspection>? AskOnce(LockKey key)
    {
        Task<LockInspection>? said;
        lock (_asked)
        {
            if (_asked.TryGetValue(key, out said))
            {
                return said;
            }

            if (_asked.Count >= MostQuestions)
            {
                return null;
            }

            said = table.Lease.Session.InspectAsync(key);
            _asked.Add(key, said);
        }

        _ = said.ContinueWith(
            answered =>
            {
                _ = answered.Exception; // seen: nobody may be waiting for it any more
                lock (_asked)
                {
                    _asked.Remove(key);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return said;
    }

    /// <summary>What this process knows of a key by itself.</summary>
    /// <returns>Since when it is held here (a timestamp; null when it is not), and how many wait here.</returns>
    private (long? HeldSince, int Waiting) Look(LockKey key)
    {
        lock (table.Gate)
        {
            if (!table.Entries.TryGetValue(key, out var entry))
            {
                return (null, 0);
            }

            return (entry.Holders.First?.GrantedAt, entry.Queue.Count);
        }
    }
}
