using Coordination;

namespace Conductors.Roles;

/// <summary>
/// The nodes and the history of what was done to them. Every write carries the fencing token of the lock it is made under,
/// and a write with an older token than the node has seen changes nothing.
/// </summary>
/// <remarks>The history is also what the demo judges: between 'begin' and 'end' of a node nobody else may begin.</remarks>
internal sealed class NodeStore(INodeHistory history, IGroupMembership group)
{
    /// <summary>Writes the first state, does the work, writes the last state.</summary>
    /// <returns>The node as it was left.</returns>
    /// <exception cref="LockLostException">A newer holder of the lock has written to the node.</exception>
    public async Task<NodeState> ChangeAsync(string id, FencingToken token, string before, string after, Func<Task> work)
    {
        var conductor = group.Self?.Id ?? throw new CoordinationUnavailableException("This process is not in the group now. Try again.");
        await EnsureAsync(history.BeginAsync(new NodeState(id, before, conductor, token.Value)), id);

        var last = new NodeState(id, "failed", conductor, token.Value);
        try
        {
            await work();
            last = last with { State = after };
        }
        finally
        {
            // Also when the work was cancelled: we still have the lock, and a node must not look worked on for ever.
            await EnsureAsync(history.EndAsync(last), id);
        }

        return last;
    }

    private static async Task EnsureAsync(Task<bool> write, string id)
    {
        if (!await write)
        {
            throw new LockLostException($"node-{id}");
        }
    }
}
