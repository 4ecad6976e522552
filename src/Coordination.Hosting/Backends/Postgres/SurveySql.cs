namespace Coordination.Backends.Postgres;

/// <summary>What is read for people: a whole group in one statement, hence of one instant and in one round trip.</summary>
internal sealed class SurveySql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>
    /// $1 the group, $2 how many locks at most, $3 how many changes and $4 how many lost locks at most. Lists come as JSON, because their rows have different
    /// shapes; locks as arrays, because there may be thousands of them and JSON would take half of the time. Counts are of everything, also of what is cut off. Locks of other groups are shown where this group has to do with the same key. No row when there is no such group.
    /// </summary>
    public string Read =>
        $"""
        with shown as materialized (select b.* from {_schema}.live_locks b),
        known as materialized (
            select s.* from shown s
            where s.group_name = $1 or (s.key, s.is_pair) in (select o.key, o.is_pair from shown o where o.group_name = $1)),
        counts as (
            select k.member_id, pg_catalog.count(*) filter (where not k.is_waiting) as holding, pg_catalog.count(*) filter (where k.is_waiting) as waiting
            from known k where k.group_name = $1 group by k.member_id),
        linked as materialized (select c.member_id, pg_catalog.count(*) as connections from {_schema}.live_connections c where c.group_name = $1 group by c.member_id)
        select pg_catalog.current_setting('server_version'), pg_catalog.clock_timestamp(), g.epoch, g.view,
            (select pg_catalog.count(*) from known k where not k.is_waiting), (select pg_catalog.count(*) from known k where k.is_waiting),
            array(select l.member_id from linked l
                where not exists (select from {_schema}.members m where m.group_id = g.group_id and m.member_id = l.member_id) order by 1),
            (select coalesce(pg_catalog.json_agg(r), '[]')::text from (
                select m.member_no as "number", m.member_id as "id", m.status as "status", m.joined_at as "joinedAt", m.last_heartbeat as "lastHeartbeat",
                    m.lease_ms as "leaseMs", m.stamp_ms as "stampMs", m.url as "url", m.metadata as "metadata", coalesce(c.holding, 0) as "holding", coalesce(c.waiting, 0) as "waiting",
                    coalesce(l.connections, 0) as "connections"
                from {_schema}.members m left join counts c using (member_id) left join linked l using (member_id)
                where m.group_id = g.group_id order by m.member_no) r),
            (select coalesce(pg_catalog.json_agg(r), '[]')::text from (
                select v.at as "at", v.epoch as "epoch", v.view as "view", v.kind as "kind", v.member_id as "id", v.member_no as "number",
                    v.status as "status", v.reason as "reason", v.by_no as "by",
                    (select pg_catalog.jsonb_object_agg(e.key, e.value) from pg_catalog.jsonb_each_text(v.metadata) e where e.key like 'coordination.%') as "notes"
                from {_schema}.view_log v where v.group_id = g.group_id
                order by v.epoch desc, v.view desc, v.seq desc limit $3) r),
            (select coalesce(pg_catalog.json_agg(r), '[]')::text from (
                select t.name as "name", t.token as "token", t.member_id as "holder", t.at as "at", t.reason as "reason"
                from {_schema}.lost_locks t where t.group_name = g.name order by t.lost_no desc limit $4) r),
            a.groups, a.members, a.since, a.keys, a.pairs, a.names, a.modes, a.waiting, a.tokens, a.reasons
        from {_schema}.groups g, (
            select pg_catalog.array_agg(k.group_name) as groups, pg_catalog.array_agg(k.member_id) as members, pg_catalog.array_agg(k.since) as since,
                pg_catalog.array_agg(k.key) as keys, pg_catalog.array_agg(k.is_pair) as pairs, pg_catalog.array_agg(k.name) as names,
                pg_catalog.array_agg(k.mode) as modes, pg_catalog.array_agg(k.is_waiting) as waiting, pg_catalog.array_agg(k.token) as tokens,
                pg_catalog.array_agg(k.reason) as reasons
            from (select * from known order by since, pid, note_no limit $2) k) a
        where g.name = $1
        """;
}
