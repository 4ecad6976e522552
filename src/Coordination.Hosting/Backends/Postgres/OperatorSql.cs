namespace Coordination.Backends.Postgres;

/// <summary>What an operator does to a group by hand. Whatever changes something is sent in one round trip: a terminal that freezes keeps no row locked.</summary>
internal sealed class OperatorSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>What the server has room for, and how its clock and its settings stand.</summary>
    public const string Capacity =
        """
        select pg_catalog.current_setting('server_version') as "Version", pg_catalog.clock_timestamp() as "Now",
            pg_catalog.current_setting('max_connections')::int as "MostConnections",
            pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int
                - (select pg_catalog.count(*) from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend')::int as "FreeConnections",
            (select s.setting::int from pg_catalog.pg_settings s where s.name = 'deadlock_timeout') as "DeadlockMilliseconds",
            pg_catalog.pg_notification_queue_usage() as "QueueUsage"
        """;

    public const string RoundTrip = "select 1";

    /// <summary>Who holds a key: 1 the high half, 2 the low half, 3 whether it is a pair. A holder that is no connection of ours has no member.</summary>
    public string Holders =>
        $"""
        select l.pid as "Pid", a.backend_start as "Start", c.group_name as "Group", c.member_id as "Member", l.mode = 'ShareLock' as "IsShared",
            coalesce(a.application_name, '') as "Application"
        from pg_catalog.pg_locks l
        left join pg_catalog.pg_stat_activity a on a.pid = l.pid
        left join {_schema}.live_connections c on c.pid = l.pid and (c.pid_start = a.backend_start or a.backend_start is null)
        where l.locktype = 'advisory' and l.granted
            and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
            and l.classid::bigint = @High and l.objid::bigint = @Low and l.objsubid = case when @IsPair then 2 else 1 end
        order by l.pid
        """;

    /// <summary>Row locks are taken in the order group, member: 1 the group.</summary>
    public string LockGroup => $"select 1 from {_schema}.groups g where g.name = $1 for update";

    /// <summary>Takes a member out of the group: 1 the group, 2 the member, 3 the reason. No row when there is none.</summary>
    public string Evict =>
        $"""
        with gone as (
            delete from {_schema}.members m using {_schema}.groups g
            where g.group_id = m.group_id and g.name = $1 and m.member_id = $2
            returning m as member)
        select {_schema}.bump((g.member).group_id, array[{_schema}.change('died', g.member, null, $3)]) from gone g
        """;

    /// <summary>Ends all sessions of a member or an observer: 1 the group, 2 its id. Tells how many there are and how many we were allowed to end.</summary>
    public string EndConnections =>
        $"""
        select pg_catalog.count(*), pg_catalog.count(*) filter (where {_schema}.end_backend(c.pid, c.pid_start))
        from {_schema}.live_connections c where c.group_name = $1 and c.member_id = $2
        """;

    /// <summary>Ends one session: 1 its process, 2 when it began.</summary>
    public string EndOne => $"select {_schema}.end_backend($1, $2)";

    /// <summary>Writes into the history of a living member what was done to it: 1 the group, 2 the member, 3 what.</summary>
    public string NoteMember =>
        $"""
        select {_schema}.bump(m.group_id, array[{_schema}.change('updated', m, null, $3)])
        from {_schema}.members m join {_schema}.groups g on g.group_id = m.group_id
        where g.name = $1 and m.member_id = $2
        """;

    /// <summary>
    /// Writes into the history of a group what was done to one that only looks on: 1 the group, 2 its id, 3 what. It has no number; one that
    /// nobody else gets stands for it.
    /// </summary>
    public string NoteObserver =>
        $"""
        select {_schema}.bump(g.group_id, array[row(
            g.group_id, null, null, null, null, 'left', pg_catalog.nextval('{Identifier.QuoteInText(schema)}.member_no')::integer, $2, 'leaving',
            pg_catalog.clock_timestamp(), null, '{"{}"}'::jsonb, null, $3)::{_schema}.view_log])
        from {_schema}.groups g
        where g.name = $1 and not exists (select from {_schema}.members m where m.group_id = g.group_id and m.member_id = $2)
        """;
}
