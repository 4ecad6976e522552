namespace Coordination.Backends.Postgres;

/// <summary>The statements that set a connection up.</summary>
internal static class Sql
{
    /// <summary>What the role would have had, for the transactions that must survive a crash; "off" is not good enough for them.</summary>
    public const string RememberDurability =
        """
        select pg_catalog.set_config('coordination.durable',
            case when pg_catalog.current_setting('synchronous_commit') = 'off' then 'local' else pg_catalog.current_setting('synchronous_commit') end, false)
        """;

    /// <summary>All settings in one round trip.</summary>
    public const string Settings =
        "select pg_catalog.set_config(n, v, false) from unnest(@names::text[], @values::text[]) as s(n, v)";

    /// <summary>The platform stands in the version text.</summary>
    public const string ConnectionCheckPlatform = "select pg_catalog.version()";

    /// <summary>In a wait for a lock nobody reads from the socket: without this a dead waiter stays in the queue, and is granted the lock.</summary>
    public const string ConnectionCheck = "select pg_catalog.set_config('client_connection_check_interval', '100', false)";

    /// <summary>Whether this is what it looks like: a primary, directly connected, that may be written to.</summary>
    public const string Proof =
        """
        select pg_catalog.current_setting('server_version_num')::int as Version, pg_catalog.pg_is_in_recovery() as IsInRecovery,
            pg_catalog.pg_backend_pid() as ProcessId, pg_catalog.current_setting('server_version') as VersionText,
            current_user::text as Role, pg_catalog.current_database()::text as Database
        """;
}
