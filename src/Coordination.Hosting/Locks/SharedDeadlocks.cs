using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Finds deadlocks between processes in what they show.</summary>
/// <remarks>
/// What is shown is up to half a second old, and every process looks at another instant. So a cycle is believed when it is seen twice
/// in a row, the same waits in it: whoever has stopped waiting has said so by then. All processes choose the same victim, the wait that
/// began last, and only its own process refuses it.
/// </remarks>
internal sealed class SharedDeadlocks
{
    private IReadOnlyList<(string, long)> _seenBefore = [];

    /// <summary>A wait of this session that is to be refused.</summary>
    /// <param name="waits">Waits whose flows hold something, of all sessions.</param>
    public SharedDeadlock? FindVictim(IReadOnlyList<ShownLock> waits)
    {
        var cycle = waits.Where(wait => wait.IsOwn).Select(wait => FindCycle(wait, waits)).FirstOrDefault(found => found is not null);
        IReadOnlyList<(string, long)> now = [.. (cycle ?? []).Select(wait => (wait.SessionId, wait.Note.Id)).Order()];
        var isConfirmed = now.Count > 0 && now.SequenceEqual(_seenBefore);
        _seenBefore = now;
        if (!isConfirmed)
        {
            return null;
        }

        var victim = cycle!.MaxBy(wait => (wait.Since, wait.SessionId, wait.Note.Id))!;
        return victim.IsOwn ? new SharedDeadlock(victim, cycle!) : null;
    }

    /// <summary>A way from a wait over holders that wait back to itself.</summary>
    private static List<ShownLock>? FindCycle(ShownLock start, IReadOnlyList<ShownLock> waits)
    {
        HashSet<ShownLock> visited = [];
        List<ShownLock> path = [];
        return Visit(start) ? path : null;

        bool Visit(ShownLock wait)
        {
            path.Add(wait);
            foreach (var holder in waits)
            {
                if (!holder.Note.Holds.Contains(wait.Note.Key))
                {
                    continue;
                }

                if (holder == start || (visited.Add(holder) && Visit(holder)))
                {
                    return true;
                }
            }

            path.RemoveAt(path.Count - 1);
            return false;
        }
    }
}
