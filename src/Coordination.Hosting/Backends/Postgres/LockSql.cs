namespace Coordination.Backends.Postgres;

/// <summary>The statements of the lock path.</summary>
internal static class LockSql
{
    /// <summary>
    /// Tries and unlocks, one row each, in the order of the arrays. A bare CASE over unnest: with a WHERE, LIMIT, ORDER BY or CTE
    /// around it the planner may evaluate the lock functions for more rows than it returns, or for none. The fence number is drawn
    /// after the grants and never before one: drawn before, tokens would not rise in the order of the grants (see BatchRows.DrawTogether).
    /// One a statement that tries, also when nothing is granted, and not one a grant: each 32nd is logged, with a commit and a word to the server's log writer. The arrays are unnested
    /// in a select list, where a row goes up as soon as it is made; in FROM the server stores all of them first. What stands in such a
    /// list is never merged into the query above it, so no key is read twice.
    /// </summary>
    public static string Many(string schema)
    {
        var cases = LockOperation.All.Select(operation => $"when {operation} then {Expression(operation, "k", "1::bigint")}");
        return $"select case o {string.Join(' ', cases)} when {LockOperation.Draw} then {Number(schema)} end from (select pg_catalog.unnest($1::bigint[]) as k, pg_catalog.unnest($2::int[]) as o) as u";
    }

    /// <summary>One of them alone: a third of the server's work for it, because nothing has to be set up for what is not asked.</summary>
    public static string One(string schema, int operation) => $"select {Expression(operation, "$1::bigint", Number(schema))}";

    /// <summary>The answer to an unlock and a try when the unlock found nothing; no fence number is so small.</summary>
    public const long NotHeld = -1;

    /// <summary>
    /// A new fence number for a key that is held, unless somebody stands in the server's queue for it: whoever is first at the turnstile
    /// does, and so does a library that shares our keys.
    /// </summary>
    public static string Extend(string schema) =>
        $"""
        select pg_catalog.nextval('{Identifier.QuoteInText(schema)}.fence')
        where not exists (
            select from pg_catalog.pg_locks l
            where l.locktype = 'advisory' and not l.granted
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
                and l.objsubid = case when @IsPair then 2 else 1 end and l.classid = ((@Key >> 32) & 4294967295)::oid and l.objid = (@Key & 4294967295)::oid)
        """;

    /// <summary>One slice of standing in line (script 0003).</summary>
    public static string WaitLock(string schema) => $"select {Identifier.Quote(schema)}.wait_lock($1, $2, $3, $4, $5, $6, $7)";

    /// <summary>Proves a connection that keeps a lock alive, and its server the one that takes writes: the locks of a standby exclude nobody.</summary>
    public const string Pulse = "select not pg_catalog.pg_is_in_recovery()";

    /// <summary>How many locks the server promises room for, for all sessions together, and how many are there. Those of tables that a backend took by the fast path are few and do not count.</summary>
    public const string LockTableRoom = $"select {Room}, ({Taken})";

    /// <summary>The first of them.</summary>
    public const string Room =
        """
        pg_catalog.current_setting('max_locks_per_transaction')::bigint
            * (pg_catalog.current_setting('max_connections')::bigint + pg_catalog.current_setting('max_prepared_transactions')::bigint)
        """;

    /// <summary>The second.</summary>
    public const string Taken = "select pg_catalog.count(*) from pg_catalog.pg_locks l where not l.fastpath";

    /// <summary>In milliseconds. The server writes it with a unit that an interval has too; the view of all settings would be made of all of them.</summary>
    public const string DeadlockTimeout = "select (extract(epoch from pg_catalog.current_setting('deadlock_timeout')::interval) * 1000)::int";

    /// <summary>
    /// What this session holds, after an error whose effect is not known. The member's own key is among it; nobody asks for that one.
    /// </summary>
    public const string OwnLocks =
        """
        select (classid::bigint << 32) | objid::bigint, objsubid = 2, mode = 'ShareLock'
        from pg_catalog.pg_locks
        where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
          and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        """;

    /// <summary>
    /// Of an unlock and a try of the same key, the outer CASE asks first and in any case: a try that came before the unlock would be granted,
    /// because the session still holds the key.
    /// </summary>
    private static string Expression(int operation, string key, string granted) =>
        LockOperation.IsUnlock(operation) ? $"{Unlock(operation, key)}::int::bigint"
        : LockOperation.IsAgain(operation) ? $"case when {Unlock(operation, key)} then {Try(operation, key, granted)} else {NotHeld} end"
        : Try(operation, key, granted);

    private static string Try(int operation, string key, string granted) => $"case when {Call("pg_try_advisory_lock", operation, key)} then {granted} end";

    private static string Number(string schema) => $"pg_catalog.nextval('{Identifier.QuoteInText(schema)}.fence')";

    private static string Unlock(int operation, string key) => Call("pg_advisory_unlock", operation, key);

    private static string Call(string function, int operation, string key)
    {
        var argument = LockOperation.IsPair(operation) ? $"({key} >> 32)::int, (({key} << 32) >> 32)::int" : key;
        return $"pg_catalog.{function}{(LockOperation.IsShared(operation) ? "_shared" : string.Empty)}({argument})";
    }
}
