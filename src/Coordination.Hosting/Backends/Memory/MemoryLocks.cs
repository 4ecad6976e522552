namespace Coordination.Backends.Memory;

/// <summary>Who holds which key and who queues for it. Not for two threads at once: the server's gate is around it.</summary>
/// <remarks>
/// First come, first served by key: a shared request waits behind an exclusive one that came before, and a try is refused where
/// anybody waits. A session that asks for a key which it holds or waits for has broken the rules of <see cref="IBackendSession"/>;
/// PostgreSQL would count the request and never free the key, so it is refused loudly here.
/// </remarks>
/// <param name="nextToken">Draws a fencing token: at the grant, never before it, else tokens would be out of order.</param>
internal sealed class MemoryLocks(Func<long> nextToken)
{
    private readonly Dictionary<LockKey, KeyState> _keys = [];

    /// <returns>The token, or null when the key is busy.</returns>
    public long? Try(ServerSession owner, LockKey key, LockMode mode)
    {
        var state = Find(owner, key);
        if (state.Queue.Count > 0 || !state.Admits(mode))
        {
            return null;
        }

        state.Take(owner, mode);
        return nextToken();
    }

    public void Enqueue(MemoryWaiter waiter)
    {
        var state = Find(waiter.Owner, waiter.Key);
        state.Queue.AddLast(waiter);
        Serve(waiter.Key, state);
    }

    /// <summary>Takes a waiter out of its queue.</summary>
    /// <returns>False when it is not in it any more: it has been granted the key.</returns>
    public bool Remove(MemoryWaiter waiter)
    {
        if (!_keys.TryGetValue(waiter.Key, out var state) || !state.Queue.Remove(waiter))
        {
            return false;
        }

        Serve(waiter.Key, state); // Shared requests behind an exclusive one that gave up need wait no longer.
        return true;
    }

    /// <returns>Whether the session had held the key.</returns>
    public bool Release(ServerSession owner, LockKey key)
    {
        if (!_keys.TryGetValue(key, out var state) || !state.Holders.Remove(owner))
        {
            return false;
        }

        Serve(key, state);
        return true;
    }

    /// <summary>A new token for a key that is held, unless somebody waits for it.</summary>
    public long? Extend(LockKey key) => _keys.TryGetValue(key, out var state) && state.Queue.Count == 0 ? nextToken() : null;

    /// <summary>Who holds a key, and who waits for it.</summary>
    public (IReadOnlyCollection<ServerSession> Holders, int Waiters) Look(LockKey key) =>
        _keys.TryGetValue(key, out var state) ? (state.Holders, state.Queue.Count) : ([], 0);

    /// <summary>Frees everything that a session held, and its places in queues.</summary>
    public void ReleaseAll(ServerSession owner)
    {
        foreach (var (key, state) in _keys.ToArray())
        {
            var held = state.Holders.Remove(owner);
            var waited = RemoveFromQueue(state, owner);
            if (held || waited)
            {
                Serve(key, state);
            }
        }
    }

    private static bool RemoveFromQueue(KeyState state, ServerSession owner)
    {
        var waiter = state.Queue.FirstOrDefault(waiter => waiter.Owner == owner);
        return waiter is not null && state.Queue.Remove(waiter);
    }

    private KeyState Find(ServerSession owner, LockKey key)
    {
        if (!_keys.TryGetValue(key, out var state))
        {
            state = new KeyState();
            _keys.Add(key, state);
        }

        return !state.Holders.Contains(owner) && state.Queue.All(waiter => waiter.Owner != owner)
            ? state
            : throw new InvalidOperationException(
                $"Session {owner.ProcessId} asked for {key}, which it holds or waits for already. One request for a key at a time.");
    }

    private void Serve(LockKey key, KeyState state)
    {
        while (state.Queue.First?.Value is { } next && state.Admits(next.Mode))
        {
            state.Queue.RemoveFirst();
            state.Take(next.Owner, next.Mode);
            next.Grant(nextToken());
        }

        if (state.Holders.Count == 0)
        {
            _keys.Remove(key); // Whoever waits would have been served, so nobody does.
        }
    }

    private sealed class KeyState
    {
        private LockMode _mode;

        public HashSet<ServerSession> Holders { get; } = [];

        public LinkedList<MemoryWaiter> Queue { get; } = [];

        public bool Admits(LockMode mode) => Holders.Count == 0 || (mode is LockMode.Shared && _mode is LockMode.Shared);

        public void Take(ServerSession owner, LockMode mode)
        {
            Holders.Add(owner);
            _mode = mode;
        }
    }
}
