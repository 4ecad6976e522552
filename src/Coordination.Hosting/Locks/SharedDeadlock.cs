using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>A deadlock between processes.</summary>
/// <param name="Victim">Who is to give way.</param>
/// <param name="Cycle">Who waits for whom; the last waits for the first.</param>
internal sealed record SharedDeadlock(ShownLock Victim, IReadOnlyList<ShownLock> Cycle)
{
    public string Describe()
    {
        var links = Cycle.Select((wait, i) =>
            $"member '{wait.MemberId}' waits for '{wait.Note.Name}', which member '{Cycle[(i + 1) % Cycle.Count].MemberId}' holds");
        return $"Lock '{Victim.Note.Name}' would never be granted: {string.Join("; ", links)}. This wait was given up so that the others go on. " +
            "Take several locks with AcquireAllAsync, or always in the same order.";
    }
}
