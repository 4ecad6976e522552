namespace Conductors.Roles;

/// <summary>Where the nodes and the history of what was done to them are kept.</summary>
internal interface INodeHistory
{
    /// <summary>Makes what is needed to keep them, unless it is there.</summary>
    Task CreateAsync(CancellationToken cancellationToken);

    /// <summary>Writes that work on a node has begun. Whoever has an older token than the node has seen is refused, and that is written instead.</summary>
    /// <returns>Whether it may begin.</returns>
    Task<bool> BeginAsync(NodeState node);

    /// <summary>Writes that it has ended. Whoever does not have the node any more is refused, and that is written instead.</summary>
    /// <returns>Whether it still had the node.</returns>
    Task<bool> EndAsync(NodeState node);
}
