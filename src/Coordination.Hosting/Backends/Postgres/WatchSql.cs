namespace Coordination.Backends.Postgres;

/// <summary>The statements of a watcher (script 0007).</summary>
internal sealed class WatchSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>What a watcher has to know of the server: <see cref="LockSql.DeadlockTimeout"/> and <see cref="Sql.ServerIdentity"/>.</summary>
    public static string Facts => $"select ({LockSql.DeadlockTimeout}), ({Sql.ServerIdentity})";

    /// <summary>
    /// Takes the watcher's key: 1 member, 2 its id, 3 whether this connection has it already; taken once more, it would have to be given back twice. No row
    /// when it is not living any more. As <c>take_watcher_key</c> does (script 0007), which every new backend would have to compile, and look through all locks.
    /// </summary>
    public string TakeKey =>
        $"""
        with asked as materialized (
            select m.member_no, m.watched, case when $3 then true else pg_catalog.pg_try_advisory_lock({_schema}.watcher_key(), m.member_no) end as has
            from {_schema}.members m where m.member_no = $1 and m.member_id = $2),
        noted as (
            update {_schema}.members m set watched = true
            from asked a where a.has and not a.watched and m.member_no = a.member_no and m.member_id = $2)
        select a.has from asked a
        """;

    /// <summary>One slice: 1 group, 2 member, 3 milliseconds.</summary>
    public string Watch =>
        $"select is_gone, is_member, is_session_gone, has_lost, members, coalesce(at_epoch, 0), coalesce(at_view, 0) from {_schema}.watch($1, $2, $3)";

    /// <summary>Waits for the watchers of those who are gone: 1 group, 2 member, 3 milliseconds.</summary>
    public string Settle => $"select {_schema}.settle($1, $2, $3)";

    /// <summary>
    /// Asks for verdicts: 1 group, 2 member, 3 its session, 4 whether the caller may say that a process is gone. It commits them itself then, and
    /// has the group locked until it does: not for long, if it is frozen in between.
    /// </summary>
    public string Judge =>
        $"select changes, noted, coalesce(at_epoch, 0), coalesce(at_view, 0), pg_catalog.set_config('idle_in_transaction_session_timeout', '1500', true) from {_schema}.judge($1, $2, $3, $4)";
}
