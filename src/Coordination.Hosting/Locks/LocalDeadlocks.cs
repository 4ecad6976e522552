namespace Coordination.Locks;

/// <summary>Finds deadlocks between the flows of one process. Called under the table's gate, so what it sees is true.</summary>
/// <remarks>
/// The server sees nothing of this: for it all flows are one session. Only waits of some age count: a flow that was started by a
/// holder and goes its own way is still mistaken for a part of it, but not while it only passes through.
/// </remarks>
internal static class LocalDeadlocks
{
    /// <summary>One claim of each deadlock, the one that asked last, and the error for it.</summary>
    /// <param name="entries">The keys that somebody here holds or wants.</param>
    /// <param name="isOld">Whether a claim has waited for long enough to count.</param>
    public static List<(LockClaim Victim, LockDeadlockException Error)> Find(IReadOnlyCollection<KeyEntry> entries, Func<LockClaim, bool> isOld)
    {
        List<(LockClaim, LockDeadlockException)> found = [];
        var waits = new WaitGraph();
        foreach (var entry in entries)
        {
            foreach (var waiting in entry.Queue)
            {
                if (isOld(waiting))
                {
                    waits.Add(waiting, entry);
                }
            }
        }

        waits.Settle();
        while (waits.FindCycle() is { } cycle)
        {
            var victim = cycle.MaxBy(one => one.AskedAt)!;
            found.Add((victim, new LockDeadlockException(victim.Name, Describe(victim, cycle))));
            waits.Refuse(victim);
        }

        return found;
    }

    private static string Describe(LockClaim victim, List<LockClaim> cycle) =>
        $"Lock '{victim.Name}' would never be granted: flows of this process wait for each other, for {string.Join(", ", cycle.Select(claim => $"'{claim.Name}'"))}. " +
        "This wait was given up so that the others go on. Take several locks with AcquireAllAsync, or always in the same order.";
}
