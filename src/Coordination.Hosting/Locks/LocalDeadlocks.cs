namespace Coordination.Locks;

/// <summary>Finds deadlocks between the flows of one process. Called under the table's gate, so what it sees is true.</summary>
/// <remarks>
/// A claim that waits is held up by the holders of its key and by those before it in the queue. A holder is held up by whatever
/// its flow waits for. The server sees nothing of this: for it all flows are one session. Only waits of some age count: a flow
/// that was started by a holder and goes its own way is still mistaken for a part of it, but not while it only passes through.
/// </remarks>
internal static class LocalDeadlocks
{
    /// <summary>One claim of each deadlock, the one that asked last, and the error for it.</summary>
    /// <param name="entries">The keys that somebody here holds or wants.</param>
    /// <param name="isOld">Whether a claim has waited for long enough to count.</param>
    public static List<(LockClaim Victim, LockDeadlockException Error)> Find(IReadOnlyCollection<KeyEntry> entries, Func<LockClaim, bool> isOld)
    {
        var waitsOfHolder = WaitsOfHolders(entries, isOld);
        List<(LockClaim, LockDeadlockException)> found = [];
        if (waitsOfHolder.Count == 0)
        {
            return found;
        }

        HashSet<LockClaim> done = [];
        foreach (var claim in waitsOfHolder.Values.SelectMany(waits => waits).Distinct().ToList())
        {
            if (FindCycle(claim, waitsOfHolder, done) is { } cycle)
            {
                var victim = cycle.MaxBy(one => one.AskedAt)!;
                found.Add((victim, new LockDeadlockException(victim.Name, Describe(victim, cycle))));
            }
        }

        return found;
    }

    private static Dictionary<LockClaim, List<LockClaim>> WaitsOfHolders(IReadOnlyCollection<KeyEntry> entries, Func<LockClaim, bool> isOld)
    {
        Dictionary<LockClaim, List<LockClaim>> waits = [];
        foreach (var entry in entries)
        {
            foreach (var waiting in entry.Queue)
            {
                foreach (var held in isOld(waiting) ? waiting.HeldByFlow() : [])
                {
                    if (waits.TryGetValue(held, out var known))
                    {
                        known.Add(waiting);
                    }
                    else
                    {
                        waits.Add(held, [waiting]);
                    }
                }
            }
        }

        return waits;
    }

    /// <param name="start">A claim that waits.</param>
    /// <param name="waitsOfHolder">What the flow of each holder waits for.</param>
    /// <param name="done">Claims from which no unknown cycle can be reached any more; grows.</param>
    private static List<LockClaim>? FindCycle(LockClaim start, Dictionary<LockClaim, List<LockClaim>> waitsOfHolder, HashSet<LockClaim> done)
    {
        List<LockClaim> path = [];
        return Visit(start);

        List<LockClaim>? Visit(LockClaim claim)
        {
            if (path.IndexOf(claim) is >= 0 and var begin)
            {
                done.UnionWith(path);
                return path[begin..];
            }

            if (!done.Add(claim))
            {
                return null;
            }

            path.Add(claim);
            foreach (var blocker in BlockersOf(claim))
            {
                // A holder is as good as what its flow waits for; one before us in the queue waits itself.
                IEnumerable<LockClaim> next = blocker.State is ClaimState.Waiting ? [blocker] : waitsOfHolder.GetValueOrDefault(blocker) ?? [];
                foreach (var waiting in next)
                {
                    if (Visit(waiting) is { } cycle)
                    {
                        return cycle;
                    }
                }
            }

            path.RemoveAt(path.Count - 1);
            return null;
        }
    }

    private static IEnumerable<LockClaim> BlockersOf(LockClaim claim)
    {
        foreach (var holder in claim.Entry!.Holders)
        {
            yield return holder;
        }

        for (var earlier = claim.Previous; earlier is not null; earlier = earlier.Previous)
        {
            yield return earlier;
        }
    }

    private static string Describe(LockClaim victim, List<LockClaim> cycle) =>
        $"Lock '{victim.Name}' would never be granted: flows of this process wait for each other, for {string.Join(", ", cycle.Select(claim => $"'{claim.Name}'"))}. " +
        "This wait was given up so that the others go on. Take several locks with AcquireAllAsync, or always in the same order.";
}
