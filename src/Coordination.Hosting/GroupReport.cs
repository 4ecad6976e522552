namespace Coordination;

/// <summary>A group as the backend has it, at one instant.</summary>
public sealed record GroupReport
{
    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The server's own version; for <c>memory://</c> the word memory.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>When this was read, by the server's clock; all times beside it are of the same clock.</summary>
    public required DateTimeOffset ServerTime { get; init; }

    /// <summary>The newest view.</summary>
    public required ViewNumber View { get; init; }

    /// <summary>The living, in order of their numbers.</summary>
    public required IReadOnlyList<MemberReport> Members { get; init; }

    /// <summary>The names of those that look on without being members.</summary>
    public required IReadOnlyList<string> Observers { get; init; }

    /// <summary>
    /// The locks that have been held for longer than about a second by this group, and by others where this group has to do with the same lock;
    /// the oldest first, at most 5,000 together with <see cref="Waits"/>.
    /// </summary>
    public required IReadOnlyList<HeldLockReport> Locks { get; init; }

    /// <summary>The same for what has been waited for.</summary>
    public required IReadOnlyList<LockWaitReport> Waits { get; init; }

    /// <summary>How many locks there are; more than stand in <see cref="Locks"/> when those were cut off.</summary>
    public required int LockCount { get; init; }

    /// <summary>How many waits there are; more than stand in <see cref="Waits"/> when those were cut off.</summary>
    public required int WaitCount { get; init; }

    /// <summary>The roles that members lead or wait for, by name.</summary>
    public required IReadOnlyList<RoleReport> Roles { get; init; }

    /// <summary>The partitioned services that members run, by name.</summary>
    public required IReadOnlyList<PartitionedServiceReport> Partitions { get; init; }

    /// <summary>What happened to members, the newest first; the last 200.</summary>
    public required IReadOnlyList<HistoryEntry> History { get; init; }

    /// <summary>
    /// The locks that members lost while they held them, the newest first; the last 200. Each tells of its own as soon as it has a session
    /// again: those of a process that never came back are not among them, but its death stands in <see cref="History"/>.
    /// </summary>
    public required IReadOnlyList<LostLockReport> LostLocks { get; init; }
}
