using Microsoft.Extensions.Logging;

namespace Coordination.Partitioning;

/// <summary>One partitioned service of one membership, and what running it needs.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Count">How many partitions it has.</param>
/// <param name="SettleTime">How long a member is watched before partitions of the living move to it.</param>
/// <param name="Membership">Where the views come from.</param>
/// <param name="Locks">Locks whose names no user's name can equal.</param>
/// <param name="Time">The clock.</param>
internal sealed record PartitionTerms(string Service, int Count, TimeSpan SettleTime, IGroupMembership Membership, ILockProvider Locks, TimeProvider Time)
{
    /// <summary>Where it is written down.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Who this process is in the views; null for an observer.</summary>
    public required string? MemberId { get; init; }

    /// <summary>Publishes a piece of this member's metadata, now or with the next join.</summary>
    public required Func<string, string, CancellationToken, Task> AnnounceAsync { get; init; }

    /// <summary>The lock behind a partition.</summary>
    public LockName LockOf(int partition) => $"partition/{Service}/{partition}";
}
