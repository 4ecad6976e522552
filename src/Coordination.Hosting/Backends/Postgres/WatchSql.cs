namespace Coordination.Backends.Postgres;

/// <summary>The statements of a watcher (script 0007).</summary>
internal sealed class WatchSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>What a watcher has to know of the server: <see cref="LockSql.DeadlockTimeout"/> and <see cref="Sql.ServerIdentity"/>.</summary>
    public static string Facts => $"select ({LockSql.DeadlockTimeout}), ({Sql.ServerIdentity})";

    /// <summary>Takes the watcher's key (script 0010): 1 member, 2 its id, 3 whether this connection has it already.</summary>
    public string TakeKey => $"select {_schema}.take_watcher_key($1, $2, $3)";

    /// <summary>One slice: 1 group, 2 member, 3 milliseconds.</summary>
    public string Watch =>
        $"select is_gone, is_member, is_session_gone, has_lost, members, coalesce(at_epoch, 0), coalesce(at_view, 0) from {_schema}.watch($1, $2, $3)";

    /// <summary>Waits for the watchers of those who are gone: 1 group, 2 member, 3 milliseconds.</summary>
    public string Settle => $"select {_schema}.settle($1, $2, $3)";

    /// <summary>Asks for verdicts: 1 group, 2 member, 3 its session.</summary>
    public string Judge => $"select noted, coalesce(at_epoch, 0), coalesce(at_view, 0) from {_schema}.judge($1, $2, $3, true)";
}
