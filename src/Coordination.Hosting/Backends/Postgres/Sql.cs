namespace Coordination.Backends.Postgres;

/// <summary>Every statement of the membership. What changes a group is a function of the scripts: one statement, one transaction.</summary>
internal sealed class Sql(string schema)
{
    private readonly string _schema = Identifier.Quote(schema);

    /// <summary>
    /// Facts that decide whether we may work here at all; asks for nothing that needs a privilege. In a transaction whose settings are not the role's:
    /// the first query that a session compiles takes a tenth of a second or two, and a role may give its statements less than that. Of the transaction
    /// only, because a session that a pooler lends is not ours to change.
    /// </summary>
    public const string ServerFacts =
        """
        begin; set local jit = off; set local statement_timeout = 0;
        select pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'),
            pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(), pg_catalog.current_setting('default_transaction_read_only')::bool;
        commit
        """;

    /// <summary>The server's process for this connection, whatever a pooler says.</summary>
    public const string OwnProcess = "select pg_catalog.pg_backend_pid()";

    /// <summary>
    /// Tells one running server from another: a standby that was promoted is not the primary it came from. Stays the same when a backend
    /// crashes and the server recovers.
    /// </summary>
    public const string ServerIdentity = "select extract(epoch from pg_catalog.pg_postmaster_start_time())::text";

    /// <summary>Takes the key of the proof that locks are real; its first half is out of the way of user locks as those of members are.</summary>
    public const string TryProofKey = "select pg_catalog.pg_try_advisory_lock(12586241, $1)";

    /// <summary>Gives it back.</summary>
    public const string UnlockProofKey = "select pg_catalog.pg_advisory_unlock(12586241, $1)";

    /// <summary>Takes it and gives it back.</summary>
    public const string TryProofKeyOnce =
        "select case when pg_catalog.pg_try_advisory_lock(12586241, $1) then pg_catalog.pg_advisory_unlock(12586241, $1) else false end";

    /// <summary>
    /// Which backend this is, of which server, how much room that server's lock table has and how much of it is taken. To count all locks is not for
    /// everybody where many connections of ours are: one in twenty looks.
    /// </summary>
    public string SessionFacts =>
        $"""
        select a.pid, a.backend_start, ({ServerIdentity}), {LockSql.Room},
            case when (select pg_catalog.count(*) from {_schema}.connections) < 40 or pg_catalog.random() < 0.05 then ({LockSql.Taken}) else 0 end
        from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a
        """;

    /// <summary>Whether a backend of ours lives at this server. The role is the same, so it may see when it started.</summary>
    public const string BackendLives = "select exists (select from pg_catalog.pg_stat_activity a where a.pid = $1 and a.backend_start = $2)";

    /// <summary>Before the first query of a session that is ours, for the reason of <see cref="ServerFacts"/>: a SET itself is not compiled.</summary>
    public const string CompileNothing = "set jit = off";

    /// <summary>All settings in one round trip; set_config and not SET, because values are parameters then.</summary>
    public const string ApplySettings =
        "select pg_catalog.count(pg_catalog.set_config(s.name, s.value, false)) from unnest($1::text[], $2::text[]) as s(name, value)";

    /// <summary>
    /// The state of the schema, from catalogs that everybody may read: asking a table that is not there, or not ours to read,
    /// would be an ERROR in the server's log. The functions are found by what belongs to the schema, for which there is an index; one
    /// that nobody has granted or revoked is everybody's.
    /// </summary>
    public const string SchemaFacts =
        """
        select current_user::text as "Role", pg_catalog.current_database()::text as "Database", n.oid is not null as "Exists",
            pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') as "MayCreateSchema",
            coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false) as "MayUse",
            coalesce(pg_catalog.has_schema_privilege(n.oid, 'CREATE'), false) as "MayCreateIn",
            exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = 'schema_version') as "HasVersion",
            exists (select from pg_catalog.pg_depend d join pg_catalog.pg_proc p on p.oid = d.objid
                where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = n.oid and d.classid = 'pg_catalog.pg_proc'::regclass
                    and p.proacl is not null and not pg_catalog.has_function_privilege(p.oid, 'EXECUTE')) as "LacksFunctions",
            array(select w.name || ' ' || w.privilege
                from unnest(@Names, @Privileges) with ordinality as w(name, privilege, place)
                join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
                where not case when c.relkind = 'S' then pg_catalog.has_sequence_privilege(c.oid, w.privilege)
                    else pg_catalog.has_table_privilege(c.oid, w.privilege) end
                order by w.place) as "Lacks"
        from (select) as one left join pg_catalog.pg_namespace n on n.nspname = @Schema
        """;

    /// <summary>
    /// Only one process at a time creates or upgrades a schema. Waits for its turn in slices: a wait that reaches
    /// deadlock_timeout may be logged, and every blocked wait keeps VACUUM from the whole database. To be followed by a try,
    /// which tells how the slice ended. The first key is out of the way of user locks as those of members are.
    /// </summary>
    public const string AwaitTurnToCreate =
        """
        do $$
        begin
            perform pg_catalog.set_config('lock_timeout', greatest(1, least(500, setting::int / 2))::text, true)
                from pg_catalog.pg_settings where name = 'statement_timeout';
            perform pg_catalog.pg_advisory_xact_lock(12586240, pg_catalog.current_setting('coordination.creates')::int);
            perform pg_catalog.set_config('lock_timeout', '0', true);
        exception when lock_not_available then null;
        end
        $$
        """;

    /// <summary>Names the schema whose turn is waited for: a DO block has no parameters.</summary>
    public const string NameTurnToCreate = "select pg_catalog.set_config('coordination.creates', pg_catalog.hashtext(@Schema)::text, true)";

    /// <summary>Whether the turn is ours; held until the transaction ends.</summary>
    public const string HasTurnToCreate = "select pg_catalog.pg_try_advisory_xact_lock(12586240, pg_catalog.hashtext(@Schema))";

    /// <summary>
    /// For the scripts of a transaction: give up what is not granted soon. Before deadlock_timeout, so that it is never a member's statement that
    /// the server ends; after nine tenths of it, because watchers have read the members when they wait for that long for their neighbour.
    /// </summary>
    public const string LimitWaitsForTables =
        """
        select pg_catalog.set_config('lock_timeout', greatest(1, least(
            (select 0.95 * setting::int from pg_catalog.pg_settings where name = 'deadlock_timeout'),
            (select 0.5 * setting::int from pg_catalog.pg_settings where name = 'statement_timeout')))::int::text, true)
        """;

    /// <summary>Those who stood behind us for a table get it before we ask again.</summary>
    public const string LetOthersPass = "select pg_catalog.pg_sleep(0.5)";

    /// <summary>Not IF NOT EXISTS: that asks for the privilege even when the schema is there.</summary>
    public string CreateSchema => $"create schema {_schema}";

    /// <summary>Which scripts have been applied.</summary>
    public string AppliedScripts => $"""select version as "Version", works_from as "WorksFrom" from {_schema}.schema_version order by version""";

    /// <summary>Remembers a script.</summary>
    public string RememberScript => $"insert into {_schema}.schema_version (version, name, works_from) values (@Version, @Name, @WorksFrom)";

    /// <summary>Group and members in one statement, hence of one instant.</summary>
    public string ReadGroup =>
        $"""
        select g.epoch as "Epoch", g.view as "View", coalesce(m.member_no, 0) as "Number", m.member_id as "Id", m.status as "Status",
            m.joined_at as "JoinedAt", m.url as "Url", m.metadata::text as "Metadata"
        from {_schema}.groups g left join {_schema}.members m on m.group_id = g.group_id
        where g.group_id = @Group
        order by m.member_no
        """;

    /// <summary>What came after a view, and where the group is now, in one statement: else a view could come in between and look like a gap.</summary>
    public string ReadChanges =>
        $"""
        select g.epoch as "Epoch", g.view as "Newest", coalesce(l.view, 0) as "View", l.kind as "Kind", l.reason as "Reason",
            coalesce(l.member_no, 0) as "Number", l.member_id as "Id", l.status as "Status", l.joined_at as "JoinedAt", l.url as "Url",
            l.metadata::text as "Metadata"
        from {_schema}.groups g
        left join {_schema}.view_log l on l.group_id = g.group_id and l.epoch = g.epoch and g.epoch = @Epoch and l.view > @View and l.view <= 9223372036854775807
        where g.group_id = @Group
        order by l.view, l.seq
        """;

    /// <summary>Living members whose lease or grace is not ours, the oldest first.</summary>
    public string Differences =>
        $"""
        select m.member_id, m.lease_ms, m.grace_ms, pg_catalog.count(*) over ()
        from {_schema}.members m join {_schema}.groups g on g.group_id = m.group_id
        where g.name = @Name and m.member_id <> @Id and (m.lease_ms, m.grace_ms) <> (@Lease, @Grace)
        order by m.member_no limit 1
        """;

    /// <summary>A beat that writes nothing: 1 member, 2 its session, 3 group.</summary>
    /// <param name="looks">Whether it also looks at the neighbours: where no watcher does.</param>
    public string Beat(bool looks) => BeatAnswer("false", looks);

    /// <summary>
    /// A beat that is remembered, unless somebody else keeps the member's row locked: locks, views and a farewell would wait for that with it.
    /// A gap to the stamp before, or a step back, means that the server stood still or its clock was set: what was silent then proves nothing (see judge).
    /// </summary>
    /// <param name="looks">Whether it also looks at the neighbours.</param>
    /// <param name="isDurable">Whether its commit waits for the synchronous standby: the setting counts when the transaction ends, which it does with this statement.</param>
    public string StampedBeat(bool looks, bool isDurable) =>
        $"""
        with stamped as (
            update {_schema}.members set last_heartbeat = pg_catalog.clock_timestamp(),
                steady_since = case
                    when pg_catalog.clock_timestamp() - last_heartbeat between interval '0' and (lease_ms / 2 + stamp_ms) * interval '1 ms'
                    then coalesce(steady_since, last_heartbeat) else pg_catalog.clock_timestamp() end
            where member_no = (select m.member_no from {_schema}.members m where m.member_no = $1 and m.session_no = $2 for no key update skip locked)
            returning {(isDurable ? "pg_catalog.set_config('synchronous_commit', 'on', true)" : "1")})
        {BeatAnswer("exists (select from stamped)", looks)}
        """;

    /// <summary>
    /// A new member, where nothing is out of the ordinary: 1 group, 2 id, 3 url, 4 metadata, 5 lease, 6 grace, 7 the longest time between two written
    /// heartbeats, 8 and 9 the newest view that is known. No number where something is: see <see cref="Join"/>.
    /// </summary>
    public string JoinAtOnce =>
        $"""
        select coalesce(group_id, 0), coalesce(epoch, 0), coalesce(member_no, 0), coalesce(session_no, 0)
        from {_schema}.join_at_once($1, $2, $3, cast($4 as jsonb), $5, $6, $7, $8, $9)
        """;

    /// <summary>A new member.</summary>
    public string Join =>
        $"""
        select group_id as "Group", epoch as "Epoch", coalesce(member_no, 0) as "Number", coalesce(session_no, 0) as "Session",
            rival_no as "RivalNumber", rival_pid as "RivalPid", rival_since as "RivalSince"
        from {_schema}.join_group(@Name, @Id, @Url, cast(@Metadata as jsonb), @Lease, @Grace, @Supersede, @SeenEpoch, @SeenView)
        """;

    /// <summary>Waits a slice for the key of the member that we were; no row when it is not living any more.</summary>
    public string TakeSessionKey =>
        $"select {_schema}.take_session_key(m.member_no, @Milliseconds) from {_schema}.members m where m.member_no = @Number and m.member_id = @Id";

    /// <summary>Ends the session that has our key: a connection that we believe broken may be whole on the server's side.</summary>
    public string EndOldSession =>
        $"select {_schema}.end_backend(m.pid, m.pid_start) from {_schema}.members m where m.member_no = @Number and m.member_id = @Id";

    /// <summary>Goes on as the member that we were.</summary>
    public string Attach =>
        $"""
        select coalesce(group_id, 0) as "Group", coalesce(epoch, 0) as "Epoch", @Number as "Number", coalesce(session_no, 0) as "Session"
        from {_schema}.attach(@Name, @Number, @Id, @Url, cast(@Metadata as jsonb), @SeenEpoch, @SeenView)
        """;

    /// <summary>Tells how long this member may write nothing although it lives, beyond what its lease says.</summary>
    public string SetStampTime => $"update {_schema}.members set stamp_ms = @Milliseconds where member_no = @Number and session_no = @Session";

    /// <summary>Looks on.</summary>
    public string Observe => $"""select group_id as "Group", epoch as "Epoch", 0 as "Number", 0 as "Session" from {_schema}.observe(@Name, @SeenEpoch, @SeenView)""";

    /// <summary>Judges the others without waiting for anything; returns how many verdicts made a view.</summary>
    public string Judge => $"select changes from {_schema}.judge(@Group, @Number, @Session, false)";

    /// <summary>Publishes url and metadata.</summary>
    public string Update => $"select {_schema}.update_member(@Number, @Session, @Url, cast(@Metadata as jsonb))";

    /// <summary>Takes no new work from now on.</summary>
    public string MarkLeaving => $"select {_schema}.mark_leaving(@Number, @Session)";

    /// <summary>Goes, and gives back every lock that this session holds.</summary>
    public string Leave => $"select {_schema}.say_farewell(@Number, @Session)";

    /// <summary>Whose confirmation a durable commit waits for.</summary>
    public const string SynchronousStandbys = "select pg_catalog.current_setting('synchronous_standby_names')";

    /// <summary>Whether changes notify.</summary>
    public const string SetAnnounce = "select pg_catalog.set_config(@Setting, @Value, false)";

    // One row, or none when the group is not there any more. The last column but one: somebody else is to be judged, because it has not beaten
    // for its lease, or because the session key of one of the next three in the ring is free. Three, so that two neighbours that die at
    // once are found as fast as one. The keys are tried outside of what is cut to three, and given back with the statement.
    private string BeatAnswer(string isStamped, bool looks) =>
        $"""
        select g.epoch, g.view, exists (select from {_schema}.members m where m.member_no = $1 and m.session_no = $2), pg_catalog.pg_is_in_recovery(),
            exists (select from {_schema}.members o
                where o.group_id = g.group_id and o.member_no <> $1
                    and o.last_heartbeat < pg_catalog.statement_timestamp() - (o.lease_ms + o.stamp_ms) * interval '1 ms')
            {(looks ? $"""
            or exists (
                select from (
                    select s.member_no from {_schema}.members s
                    where s.group_id = g.group_id and s.member_no <> $1
                    order by s.member_no < $1, s.member_no limit 3) as s
                where pg_catalog.pg_try_advisory_xact_lock_shared({_schema}.session_key(), s.member_no))
            """ : string.Empty)},
            {isStamped}
        from {_schema}.groups g
        where g.group_id = $3
        """;
}
