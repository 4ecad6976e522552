using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>Something that an async flow has asked for: one lock, or several at once. Each knows the one that its flow asked for before.</summary>
internal abstract class FlowNode
{
    /// <summary>What the same flow asked for before this.</summary>
    public FlowNode? Outer { get; set; }

    /// <summary>Neither waits nor holds any more; never changes back.</summary>
    public abstract bool IsOver { get; }

    /// <summary>The claim of this node that its flow has in its hands for a key; null when there is none.</summary>
    public abstract LockClaim? FindInHands(LockTable table, LockKey key);

    /// <summary>All claims of this node that its flow has in its hands.</summary>
    public abstract IEnumerable<LockClaim> InHands();
}
