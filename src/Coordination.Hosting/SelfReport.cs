namespace Coordination;

/// <summary>This process in its group, at one instant.</summary>
public sealed record SelfReport
{
    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>Scheme, hosts and database of the backend; never a credential.</summary>
    public required string Backend { get; init; }

    /// <summary>The name of this process in the group.</summary>
    public required string MemberId { get; init; }

    /// <summary>The number of this member; 0 for an observer and outside the group.</summary>
    public required long MemberNumber { get; init; }

    /// <summary>Whether it only looks on.</summary>
    public required bool IsObserver { get; init; }

    /// <summary>Where it stands.</summary>
    public required MembershipState State { get; init; }

    /// <summary>How long the server keeps it after it last heard from it.</summary>
    public required TimeSpan LeaseTime { get; init; }

    /// <summary>How long it still believes in its lease; null when it has none.</summary>
    public required TimeSpan? LeaseRemaining { get; init; }

    /// <summary>How long ago the last answered heartbeat was sent; null when none was.</summary>
    public required TimeSpan? HeartbeatAge { get; init; }

    /// <summary>The server's process that serves its session; 0 when there is none.</summary>
    public required int SessionPid { get; init; }

    /// <summary>How often it has connected again since it started.</summary>
    public required int Reconnects { get; init; }

    /// <summary>How many handles are held in this process.</summary>
    public required int LocksHeld { get; init; }

    /// <summary>How many callers wait in this process.</summary>
    public required int LockWaiters { get; init; }

    /// <summary>Where the tables are; for the statements that the page offers.</summary>
    public required string Schema { get; init; }

    /// <summary>What the last failed attempt to connect said; null while connected.</summary>
    public required string? LastError { get; init; }

    /// <summary>The locks that this process has lost while it held them, the newest first; the last 100.</summary>
    public required IReadOnlyList<LostLock> LostLocks { get; init; }
}
