namespace Coordination.Backends.Postgres;

/// <summary>A server session that holds a key.</summary>
internal sealed class LockHolder
{
    public int Pid { get; init; }

    /// <summary>Null: the server does not tell us of another role's sessions.</summary>
    public DateTime? Start { get; init; }

    /// <summary>Null: no connection of ours.</summary>
    public string? Group { get; init; }

    public string? Member { get; init; }

    public bool IsShared { get; init; }

    public string Application { get; init; } = string.Empty;
}
