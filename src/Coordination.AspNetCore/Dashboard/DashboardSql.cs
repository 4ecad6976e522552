namespace Coordination.Dashboard;

/// <summary>The statements that the page offers to copy, one for each table, for whoever has a shell on the database and not this page.</summary>
internal static class DashboardSql
{
    /// <summary>Table, then its statement; none for a backend that takes none.</summary>
    public static IEnumerable<(string Table, string Text)> Of(SelfReport self)
    {
        if (!self.Backend.StartsWith("postgres", StringComparison.OrdinalIgnoreCase))
        {
            yield break;
        }

        var schema = '"' + self.Schema.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
        var group = '\'' + self.Group.Replace("'", "''", StringComparison.Ordinal) + '\'';
        yield return ("members",
            $"""
            select m.member_no, m.member_id, m.status, m.url, m.pid, now() - m.last_heartbeat as heartbeat_age, m.lease_ms, m.metadata
            from {schema}.members m join {schema}.groups g using (group_id)
            where g.name = {group}
            order by m.member_no;
            """);
        yield return ("held",
            $"""
            select b.name, b.mode, b.member_id as holder, b.since, now() - b.since as held, b.token, b.reason
            from {schema}.live_locks b
            where not b.is_waiting and b.group_name = {group}
            order by b.since;
            """);
        yield return ("waits",
            $"""
            select w.name, w.mode, w.member_id as waiter, now() - w.since as waited, h.member_id as blocked_by, w.reason
            from {schema}.live_locks w
            left join {schema}.live_locks h on h.key = w.key and h.is_pair = w.is_pair and not h.is_waiting
            where w.is_waiting and w.group_name = {group}
            order by w.since;
            """);
        yield return ("roles",
            $"""
            select substr(b.name, 6) as role, b.member_id, case when b.is_waiting then 'candidate' else 'leader' end as part, b.since, b.token
            from {schema}.live_locks b
            where b.name like 'role/%' and b.group_name = {group}
            order by 1, b.is_waiting, b.since;
            """);
        yield return ("partitions",
            $"""
            select b.name, b.member_id as owner, b.since, b.token
            from {schema}.live_locks b
            where not b.is_waiting and b.name like 'partition/%' and b.group_name = {group}
            order by b.name;
            """);
        yield return ("history",
            $"""
            select v.at, v.epoch, v.view, v.seq, v.kind, v.member_id, v.member_no, v.reason, v.by_no as judge
            from {schema}.view_log v join {schema}.groups g using (group_id)
            where g.name = {group}
            union all
            select t.at, null, null, null, 'lost a lock', t.member_id, null, t.name || ', token ' || t.token || ': ' || t.reason, null
            from {schema}.lost_locks t
            where t.group_name = {group}
            order by at desc, epoch desc, view desc, seq desc
            limit 200;
            """);
    }
}
