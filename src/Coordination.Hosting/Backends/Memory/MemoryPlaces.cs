namespace Coordination.Backends.Memory;

/// <summary>Locks with several holders: each place is a key of its own. Not for two threads at once: the server's gate is around it.</summary>
/// <remarks>Processes are served in the order in which they came, whichever of the places becomes free.</remarks>
internal sealed class MemoryPlaces(MemoryLocks locks)
{
    private readonly LinkedList<MemoryPlaceWaiter> _waiters = [];
    private readonly Dictionary<LockKey, IReadOnlyList<LockKey>> _known = [];

    /// <inheritdoc cref="IBackendSession.CheckPlacesAsync"/>
    public int Check(LockKey key, IReadOnlyList<LockKey> places)
    {
        if (locks.Look(key).Holders.Count > 0)
        {
            return 1;
        }

        if (_known.TryGetValue(key, out var known) && known.Count != places.Count && known.Any(place => locks.Look(place).Holders.Count > 0))
        {
            return known.Count;
        }

        _known[key] = places;
        return 0;
    }

    /// <summary>Takes a free place, unless others wait for one.</summary>
    public PlaceGrant? Take(ServerSession owner, LockKey key, IReadOnlyList<LockKey> places) =>
        _waiters.Any(waiter => waiter.Key == key) ? null : TakeFree(owner, places);

    public void Wait(MemoryPlaceWaiter waiter)
    {
        _waiters.AddLast(waiter);
        Serve();
    }

    /// <returns>False when it has been served.</returns>
    public bool Remove(MemoryPlaceWaiter waiter) => _waiters.Remove(waiter);

    /// <summary>The session is over.</summary>
    public void RemoveAll(ServerSession owner)
    {
        foreach (var waiter in _waiters.Where(waiter => waiter.Owner == owner).ToList())
        {
            _waiters.Remove(waiter);
        }
    }

    /// <summary>Something was given back: whoever waits for a place may have it.</summary>
    public void Serve()
    {
        HashSet<LockKey> inLine = [];
        for (var link = _waiters.First; link is not null;)
        {
            var (waiter, next) = (link.Value, link.Next);

            // Who comes behind one that waits for the same name waits too: for another place it might be free, but not for its turn.
            if (!inLine.Contains(waiter.Key) && TakeFree(waiter.Owner, waiter.Places) is { } grant)
            {
                _waiters.Remove(link);
                waiter.Grant(grant);
            }
            else
            {
                inLine.Add(waiter.Key);
            }

            link = next;
        }
    }

    private PlaceGrant? TakeFree(ServerSession owner, IReadOnlyList<LockKey> places)
    {
        foreach (var place in places)
        {
            if (locks.Look(place).Holders.Count == 0 && locks.Try(owner, place, LockMode.Exclusive) is { } token)
            {
                return new PlaceGrant(place, token);
            }
        }

        return null;
    }
}
