namespace Coordination.Backends.Postgres;

/// <summary>What a server says of itself; the names are the columns', for Dapper.</summary>
internal sealed record ProofRow
{
    public int Version { get; init; }

    public string VersionText { get; init; } = string.Empty;

    public bool IsInRecovery { get; init; }

    public int ProcessId { get; init; }

    public string Role { get; init; } = string.Empty;

    public string Database { get; init; } = string.Empty;
}
