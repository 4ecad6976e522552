namespace Coordination.Backends.Postgres;

/// <summary>The statements of the membership; their substance is in the functions of script 0001.</summary>
internal sealed class GroupSql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    public string OpenHistory => $"select {_schema}.open_history(@group, @epoch, @view)";

    public string NextMember => $"select nextval('{_schema}.member_no')::int";

    /// <summary>The member's own key: held before its row is visible, and as long as the session lives.</summary>
    public string TakeKey => "select pg_catalog.pg_try_advisory_lock(@space, @number)";

    public string Join => $"select {_schema}.join_group(@group, @epoch, @number, @id, @supersede, @lease, @grace, @url, @metadata::jsonb)";

    public string Attach => $"select {_schema}.attach(@group, @epoch, @number, @url, @metadata::jsonb)";

    public string EndOldSession => $"select {_schema}.end_old_session(@number)";

    public string Beat => $"select o_epoch, o_view, o_standing, o_overdue from {_schema}.beat($1, $2, $3, $4)";

    public string Expire => $"select {_schema}.expire(@group, @number, @session)";

    public string Update => $"select {_schema}.update_member(@group, @number, @session, @url, @metadata::jsonb, @status)";

    public string Leave => $"select {_schema}.leave_group(@group, @number, @session)";

    public string ReleaseAll => "select pg_catalog.pg_advisory_unlock_all()";

    /// <summary>Group and members in one statement: one snapshot. A row without a member when nobody is in.</summary>
    public string ReadGroup =>
        $"""
        select g.epoch as Epoch, g.view as View, m.member_no as MemberNo, m.member_id as MemberId, m.status as Status,
            m.joined_at as JoinedAt, m.url as Url, m.metadata::text as Metadata
        from {_schema}.groups g
        left join {_schema}.members m on m.group_id = g.group_id
        where g.name = @group
        order by m.member_no
        """;

    /// <summary>The log past a view, and the newest view beside it, in one statement: whether the log reaches back far enough shows.</summary>
    public string ReadChanges =>
        $"""
        select g.epoch as Epoch, g.view as View, l.epoch as LogEpoch, l.view as LogView, l.kind as Kind, l.member_no as MemberNo,
            l.member_id as MemberId, l.status as Status, l.joined_at as JoinedAt, l.url as Url, l.metadata::text as Metadata, l.reason as Reason
        from {_schema}.groups g
        left join {_schema}.view_log l on l.group_id = g.group_id and (l.epoch, l.view) > (@epoch, @view)
        where g.name = @group
        order by l.epoch, l.view, l.seq
        """;
}
