namespace Coordination.Backends.Postgres;

/// <summary>The statements of the lock path.</summary>
internal static class LockSql
{
    /// <summary>
    /// Tries and unlocks, one row each, in the order of the arrays. A bare CASE over unnest: with a WHERE, LIMIT, ORDER BY or CTE
    /// around it the planner may evaluate the lock functions for more rows than it returns, or for none. The fence number is drawn
    /// after the grant and never before it: drawn before, tokens would not rise in the order of the grants.
    /// </summary>
    public static string Locks(string schema) =>
        $"""
        select case o
            when 0 then case when pg_catalog.pg_try_advisory_lock(k) then pg_catalog.nextval('{Fence(schema)}') end
            when 1 then case when pg_catalog.pg_try_advisory_lock_shared(k) then pg_catalog.nextval('{Fence(schema)}') end
            when 2 then pg_catalog.pg_advisory_unlock(k)::int::bigint
            when 3 then pg_catalog.pg_advisory_unlock_shared(k)::int::bigint
            when 4 then case when pg_catalog.pg_try_advisory_lock((k >> 32)::int, ((k << 32) >> 32)::int) then pg_catalog.nextval('{Fence(schema)}') end
            when 5 then case when pg_catalog.pg_try_advisory_lock_shared((k >> 32)::int, ((k << 32) >> 32)::int) then pg_catalog.nextval('{Fence(schema)}') end
            when 6 then pg_catalog.pg_advisory_unlock((k >> 32)::int, ((k << 32) >> 32)::int)::int::bigint
            when 7 then pg_catalog.pg_advisory_unlock_shared((k >> 32)::int, ((k << 32) >> 32)::int)::int::bigint
        end
        from unnest($1::bigint[], $2::int[]) as u(k, o)
        """;

    /// <summary>One slice of standing in line (script 0002).</summary>
    public static string WaitTurn(string schema) => $"select {Identifier.Quote(schema)}.wait_turn($1, $2, $3, $4, $5, $6)";

    /// <summary>In milliseconds.</summary>
    public const string DeadlockTimeout = "select setting::int from pg_catalog.pg_settings where name = 'deadlock_timeout'";

    /// <summary>
    /// What this session holds, after an error whose effect is not known. The member's own key is among it; nobody asks for that one.
    /// </summary>
    public const string OwnLocks =
        """
        select (classid::bigint << 32) | objid::bigint, objsubid = 2
        from pg_catalog.pg_locks
        where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
          and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        """;

    // Stands between single quotes.
    private static string Fence(string schema) => $"{Identifier.QuoteInText(schema)}.fence";
}
