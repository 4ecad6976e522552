namespace Coordination;

/// <summary>Which partitions of a partitioned service this process owns. Resolved keyed by the service's name.</summary>
/// <remarks>
/// Every partition has at most one owner at an instant: a lock stands behind it. It has none while it moves, and no owner is
/// promised to notice at once that it was frozen: give <see cref="TryGetToken"/> to whatever is written to.
/// </remarks>
public interface IPartitionAssignment
{
    /// <summary>How many partitions there are, the same in every member.</summary>
    int Count { get; }

    /// <summary>Those that this process owns at this instant: no I/O, any thread. Empty outside the group and for an observer.</summary>
    IReadOnlySet<int> Mine { get; }

    /// <summary>The partition that a key belongs to: the same in every process with the same <see cref="Count"/>, on every platform and in every version.</summary>
    /// <param name="key">Any text.</param>
    /// <returns>0 to <see cref="Count"/>, exclusively.</returns>
    int PartitionOf(string key);

    /// <summary>Whether this process owns the partition of a key at this instant. No I/O; compares a clock with the lease.</summary>
    /// <param name="key">Any text.</param>
    /// <returns>Whether the key is ours.</returns>
    bool Owns(string key);

    /// <summary>The number of the grant of a partition that this process owns: greater than that of every earlier owner.</summary>
    /// <param name="partition">A partition.</param>
    /// <param name="token">The token; default when it is not ours.</param>
    /// <returns>Whether it is ours at this instant.</returns>
    bool TryGetToken(int partition, out FencingToken token);

    /// <summary>
    /// What this process owns, as one change for each, then every change. Whoever reads slowly is told how things are now, not all that
    /// happened in between.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>Changes without an end.</returns>
    IAsyncEnumerable<PartitionChange> WatchAsync(CancellationToken cancellationToken = default);
}
