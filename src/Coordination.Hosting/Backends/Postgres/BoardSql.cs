namespace Coordination.Backends.Postgres;

/// <summary>The statements of what sessions show (script 0004). None of them is on the way of a lock.</summary>
internal sealed class BoardSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>
    /// Says whose these connections are: 1 their processes, 2 what they are for, 3 group, 4 member. Tells whether somebody else has come within the last
    /// second. No function of ours, which a new backend would have to compile. What is known of such a process already is of another session, to which
    /// a pooler had lent it before.
    /// </summary>
    public string Register =>
        $"""
        with written as (
            insert into {_schema}.connections (pid, pid_start, kind, group_name, member_id)
            select a.pid, a.backend_start, c.kind, $3, $4
            from unnest($1::int[], $2::text[]) as c(pid, kind), pg_catalog.pg_stat_get_activity(c.pid) a
            on conflict (pid, pid_start) do update
                set kind = excluded.kind, group_name = excluded.group_name, member_id = excluded.member_id, opened_at = excluded.opened_at)
        select exists (select from {_schema}.connections c
            where c.opened_at between pg_catalog.clock_timestamp() - interval '1 s' and pg_catalog.clock_timestamp())
        """;

    /// <summary>Sweeps away what the dead left (script 0010).</summary>
    public string Sweep => $"select {_schema}.sweep()";

    /// <summary>Shows and takes away.</summary>
    public string Show => $"select {_schema}.show_locks(@Group, @Member, cast(@Shown as jsonb), @Gone)";

    /// <summary>Tells of lost locks (script 0008).</summary>
    public string TellLost => $"select {_schema}.tell_lost(@Group, @Member, cast(@Lost as jsonb))";

    /// <summary>What the living show, oldest first; only those that may be part of a deadlock when asked so.</summary>
    public string ReadShown =>
        $"""
        select b.pid || '/' || extract(epoch from b.pid_start) as "SessionId", b.pid = pg_catalog.pg_backend_pid() as "IsOwn",
            b.group_name as "Group", b.member_id as "MemberId", b.since as "Since", b.note_no as "Id", b.key as "Key", b.is_pair as "IsPair", b.name as "Name", b.mode as "Mode",
            b.is_waiting as "IsWaiting", (extract(epoch from pg_catalog.clock_timestamp() - b.since) * 1000)::bigint as "AgeMs", b.token as "Token", b.reason as "Reason",
            b.holds::text as "Holds"
        from {_schema}.live_locks b
        where (not @OnlyDeadlocks or (b.is_waiting and b.holds <> '[]'))
        order by b.since, b.pid, b.note_no
        """;

    /// <summary>
    /// Who holds a key and how many wait for it. The server knows process ids; whose they are stands in our own table, and so does
    /// since when, if it has been shown. The holders of a lock with several have keys of their own and are known from what is shown only. Somebody else's program (the compatible key formats) is held for "held, by nobody known".
    /// </summary>
    public string Inspect =>
        $"""
        with locks as (
            select l.pid, l.granted, a.backend_start,
                l.objsubid = case when @IsPair then 2 else 1 end and l.classid = ((@Key >> 32) & 4294967295)::oid and l.objid = (@Key & 4294967295)::oid as is_key
            from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'advisory'
                and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
                and ((l.objsubid = case when @IsPair then 2 else 1 end and l.classid = ((@Key >> 32) & 4294967295)::oid and l.objid = (@Key & 4294967295)::oid)
                    or (l.objsubid = 1 and l.classid = ((@Turnstile >> 32) & 4294967295)::oid and l.objid = (@Turnstile & 4294967295)::oid))),
        shown as (
            select b.member_id, b.since from {_schema}.live_locks b where b.key = @Key and b.is_pair = @IsPair and not b.is_waiting order by b.since limit 1)
        select exists (select from locks l where l.is_key and l.granted) or exists (select from shown) as "IsHeld",
            coalesce(h.member_id, (select member_id from shown)) as "Holder", coalesce(h.since, (select since from shown)) as "Since",
            greatest(
                (select pg_catalog.count(distinct l.pid) from locks l where not l.granted),
                (select pg_catalog.count(*) from {_schema}.live_locks b where b.key = @Key and b.is_pair = @IsPair and b.is_waiting))::int as "Waiters"
        from (select) as one left join lateral (
            select c.member_id, b.since
            from locks l
            left join {_schema}.connections c on c.pid = l.pid and (c.pid_start = l.backend_start or l.backend_start is null)
            left join {_schema}.live_locks b on b.key = @Key and b.is_pair = @IsPair and not b.is_waiting and b.group_name = c.group_name and b.member_id = c.member_id
            where l.is_key and l.granted
            order by c.member_id is null, b.since
            limit 1) as h on true
        """;
}
