namespace Coordination.Backends.Postgres;

/// <summary>What the PostgreSQL backend needs to know. Not a record: its text form must never show the connection string.</summary>
internal sealed class PostgresSettings
{
    /// <summary>An Npgsql connection string as the user gave it, the password included; our own overrides come on top.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Scheme, hosts and database, for people; never a credential.</summary>
    public required string Description { get; init; }

    /// <summary>Where our tables live.</summary>
    public required string Schema { get; init; }

    /// <summary>Whether we may create and upgrade them.</summary>
    public required bool CreateSchema { get; init; }

    /// <summary>The bound on connections that wait for locks which other processes hold.</summary>
    public required int MaxWaiterConnections { get; init; }

    /// <summary>Whether a session-mode pooler may be in between.</summary>
    public AllowPooler AllowPooler { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Description;
}
