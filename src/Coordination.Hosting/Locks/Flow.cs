using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>What the async flow of a caller holds: each node knows the one that its flow made before.</summary>
/// <remarks>
/// A flow that is started by another inherits what that one holds. Two flows that are siblings see nothing of each other.
/// Start work that shall really be independent with <see cref="ExecutionContext.SuppressFlow"/>.
/// </remarks>
internal static class Flow
{
    private static readonly AsyncLocal<FlowNode?> Newest = new();

    /// <summary>Must be called synchronously by the method that the user calls: a change made after an await is not seen by its caller.</summary>
    public static void Enter(FlowNode node)
    {
        node.Outer = Newest.Value;
        for (var link = node; link is not null; link = link.Outer)
        {
            // The released ones fall out, the inner ones too: neither a loop that takes a lock again and again may grow a chain,
            // nor one that takes the next lock before it releases the last. Flows that share the chain may do this at the same
            // time; a node that is over stays over, so whoever writes last writes no worse.
            while (link.Outer is { IsOver: true } over)
            {
                link.Outer = over.Outer;
            }
        }

        Newest.Value = node;
    }

    /// <summary>The error for a claim whose own flow holds its key; null when it may wait.</summary>
    public static LockDeadlockException? FindSelfWait(LockClaim claim)
    {
        for (var node = claim.Outer; node is not null; node = node.Outer)
        {
            if (node.FindInHands(claim.Table, claim.Key) is { } held)
            {
                return new LockDeadlockException(claim.Name, Describe(claim, held));
            }
        }

        return null;
    }

    /// <summary>What the caller's flow has in its hands for a key.</summary>
    public static LockClaim? FindInHands(LockKey key)
    {
        for (var node = Newest.Value; node is not null; node = node.Outer)
        {
            if (node.InHands().FirstOrDefault(claim => claim.Key == key) is { } held)
            {
                return held;
            }
        }

        return null;
    }

    private static string Describe(LockClaim claim, LockClaim held) => claim.Name == held.Name
        ? $"Lock '{claim.Name}' is held by the same async flow, which would wait for itself for ever. Locks are not re-entrant: pass the handle on, or release it first."
        : $"Lock '{claim.Name}' has the same key as lock '{held.Name}', which the same async flow holds; it would wait for itself for ever. Release that one first, or use the default key format.";
}
