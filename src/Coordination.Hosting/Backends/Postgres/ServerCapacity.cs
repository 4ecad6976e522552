namespace Coordination.Backends.Postgres;

/// <summary>What a server has room for, for people.</summary>
internal sealed class ServerCapacity
{
    public required string Version { get; init; }

    public DateTime Now { get; init; }

    public int MostConnections { get; init; }

    /// <summary>For ordinary roles; not over zero when there is none.</summary>
    public int FreeConnections { get; init; }

    /// <summary>Whether there may be more free than that, because we may not see what every session is.</summary>
    public bool IsFreeGuessed { get; init; }

    public int DeadlockMilliseconds { get; init; }

    public double QueueUsage { get; init; }
}
