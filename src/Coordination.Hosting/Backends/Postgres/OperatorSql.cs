namespace Coordination.Backends.Postgres;

/// <summary>What an operator does to a group by hand. Whatever changes something is sent in one round trip: a terminal that freezes keeps no row locked.</summary>
internal sealed class OperatorSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>
    /// What the server has room for, and how its clock and its settings stand. What another role's session is, the server tells only to members of
    /// pg_read_all_stats: without that, whatever is in a database as somebody counts as a connection, and so do the workers of a parallel query.
    /// </summary>
    public const string Capacity =
        """
        select pg_catalog.current_setting('server_version') as "Version", pg_catalog.clock_timestamp() as "Now",
            pg_catalog.current_setting('max_connections')::int as "MostConnections",
            pg_catalog.current_setting('max_connections')::int - pg_catalog.current_setting('superuser_reserved_connections')::int
                - coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) - u.taken as "FreeConnections", u.is_guessed as "IsFreeGuessed",
            (select s.setting::int from pg_catalog.pg_settings s where s.name = 'deadlock_timeout') as "DeadlockMilliseconds",
            pg_catalog.pg_notification_queue_usage() as "QueueUsage"
        from (
            select pg_catalog.count(*)::int, coalesce(pg_catalog.bool_or(a.backend_type is null), false)
            from pg_catalog.pg_stat_activity a
            where a.backend_type = 'client backend' or (a.backend_type is null and a.datid is not null and a.usesysid is not null)) as u(taken, is_guessed)
        """;

    public const string RoundTrip = "select 1";

    /// <summary>Before a row is tried again.</summary>
    public const string Pause = "select pg_catalog.pg_sleep(0.05)";

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

    /// <summary>
    /// So that what is done is written down also where nobody has come into the group yet: 1 the group. The history's row is locked first, as by
    /// whoever comes in: who is about to make the group must not find it made in between.
    /// </summary>
    public string HaveGroup =>
        $"""
        insert into {_schema}.groups (name, epoch, view)
        select $1, h.epoch, 0 from {_schema}.history h where not exists (select from {_schema}.groups g where g.name = $1) for update of h
        on conflict (name) do nothing
        """;

    /// <summary>
    /// Ends all sessions of a member or an observer and takes it out of the group: 1 the group, 2 its id, 3 the note. Tells how many sessions there are,
    /// how many we were allowed to end, whether it was a member, and whether it is one still because its row is locked by somebody else: nobody waits for
    /// that with the group locked. An observer of which nothing was ended is not written down: nothing was done.
    /// </summary>
    public string Evict =>
        $"""
        with ended as materialized (
            select pg_catalog.count(*) as sessions, pg_catalog.count(*) filter (where {_schema}.end_backend(c.pid, c.pid_start)) as done
            from {_schema}.live_connections c where c.group_name = $1 and c.member_id = $2),
        free as materialized (
            select m.member_no from {_schema}.members m
            where m.member_id = $2 and m.group_id = (select g.group_id from {_schema}.groups g where g.name = $1)
            for update skip locked),
        gone as (
            delete from {_schema}.members m using free f where m.member_no = f.member_no
            returning m as member)
        select e.sessions, e.done,
            (select {_schema}.bump((g.member).group_id, array[{_schema}.change('died', g.member, null, $3)]) from gone g) is not null,
            not exists (select from gone) and exists (
                select from {_schema}.members m join {_schema}.groups g on g.group_id = m.group_id where g.name = $1 and m.member_id = $2),
            case when e.done > 0 then {NoteObserver} end
        from ended e
        """;

    /// <summary>For somebody to run by hand: which session has the row of a member locked.</summary>
    public string WhoLocks(string group, string member) =>
        $"select l.pid from pg_locks l join {_schema}.members m on m.xmax = l.transactionid join {_schema}.groups g on g.group_id = m.group_id " +
        $"where l.granted and g.name = {Text(group)} and m.member_id = {Text(member)}";

    /// <summary>
    /// Ends one session if it still holds a key, and writes that down: 1 the group, 2 the member, 3 the note, 4 the session's process, 5 when it began,
    /// 6 the high half of the key, 7 the low half, 8 whether it is a pair. True: ended; false: the server would not let us, or it has ended by itself;
    /// null: it does not hold the key any more. Whoever has let go since we looked is at something else by now.
    /// </summary>
    public string EndHolder =>
        $"""
        with ended as materialized (
            select case when exists (
                select from pg_catalog.pg_locks l
                where l.pid = $4 and l.granted and l.locktype = 'advisory'
                    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
                    and l.classid::bigint = $6 and l.objid::bigint = $7 and l.objsubid = case when $8 then 2 else 1 end)
                then {_schema}.end_backend($4, $5) end as done)
        select e.done, case when e.done then coalesce({NoteMember}, {NoteObserver}) end from ended e
        """;

    private static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Writes into the history of a living member what was done to it: 1 the group, 2 the member, 3 what.</summary>
    private string NoteMember =>
        $"""
        (select {_schema}.bump(m.group_id, array[{_schema}.change('updated', m, null, $3)])
        from {_schema}.members m join {_schema}.groups g on g.group_id = m.group_id
        where g.name = $1 and m.member_id = $2)
        """;

    /// <summary>
    /// Writes into the history of a group what was done to one that only looks on: 1 the group, 2 its id, 3 what. It has no number; one that
    /// nobody else gets stands for it.
    /// </summary>
    private string NoteObserver =>
        $"""
        (select {_schema}.bump(g.group_id, array[row(
            g.group_id, null, null, null, null, 'left', pg_catalog.nextval('{Identifier.QuoteInText(schema)}.member_no')::integer, $2, 'leaving',
            pg_catalog.clock_timestamp(), null, '{"{}"}'::jsonb, null, $3)::{_schema}.view_log])
        from {_schema}.groups g
        where g.name = $1 and not exists (select from {_schema}.members m where m.group_id = g.group_id and m.member_id = $2))
        """;
}
