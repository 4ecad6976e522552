-- Groups, members, their views, and the numbers that only rise. Names are qualified everywhere: an ordinary role with a
-- search_path of its own runs this, and functions run with the rights of their caller.

create table {schema}.history (
  one boolean primary key default true check (one),
  system_id text not null,
  timeline text not null,
  epoch bigint not null
);

create table {schema}.groups (
  group_id integer generated always as identity primary key,
  name text not null unique,
  epoch bigint not null,
  view bigint not null
) with (fillfactor = 50);

-- One row for each incarnation that has not been pruned. No index on what a heartbeat changes, and room in the page: heartbeats
-- stay inside it.
create table {schema}.members (
  member_no integer primary key,
  group_id integer not null references {schema}.groups,
  member_id text not null,
  status text not null,
  session_no integer not null,
  pid integer not null,
  pid_start timestamptz not null,
  joined_at timestamptz not null,
  attached_at timestamptz not null,
  last_heartbeat timestamptz not null,
  lost_at timestamptz,
  lease_ms integer not null,
  grace_ms integer not null,
  url text,
  metadata jsonb not null
) with (fillfactor = 50);

-- Gone members are deleted; what became of them is in the log.
create unique index members_by_name on {schema}.members (group_id, member_id);

create table {schema}.view_log (
  group_id integer not null references {schema}.groups,
  epoch bigint not null,
  view bigint not null,
  seq integer not null,
  at timestamptz not null,
  kind text not null,
  member_no integer not null,
  member_id text not null,
  status text not null,
  joined_at timestamptz not null,
  url text,
  metadata jsonb not null,
  by_no integer,
  reason text,
  primary key (group_id, epoch, view, seq)
);

create sequence {schema}.member_no as integer;

-- A step of 1,024: the numbers between are for grants that a process passes on among its own callers.
create sequence {schema}.fence increment by 1024;

insert into {schema}.history (system_id, timeline, epoch)
select system_identifier::text, substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8), 1
from pg_catalog.pg_control_system();

-- Sessions commit without waiting for a flush, because lock statements log the fence sequence now and then and need none; what
-- changes the group must survive a crash. The session says on which setting its role would have been.
create function {schema}.make_durable() returns void
language sql as $$
  select pg_catalog.set_config('synchronous_commit', coalesce(nullif(pg_catalog.current_setting('coordination.durable', true), ''), 'on'), true);
$$;

-- What every session does before its first lock, whoever it is. Raises the epoch when the database has lost history (another
-- timeline, another cluster, or somebody who has seen more than the tables know), and jumps over every fence number that a
-- crash may have made the server forget: a sequence repeats numbers that were drawn but not flushed. Serialised by the row, and
-- flushed before the caller hears of it, whatever the session's own setting is.
create function {schema}.open_history(p_group text, p_seen_epoch bigint, p_seen_view bigint) returns bigint
language plpgsql as $$
declare
  now_system text := (select system_identifier::text from pg_catalog.pg_control_system());
  now_timeline text := pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8);
  known record;
  known_group record;
begin
  perform {schema}.make_durable();
  select * into strict known from {schema}.history for update;
  select * into known_group from {schema}.groups where name = p_group;
  if known.system_id <> now_system or known.timeline <> now_timeline
    or p_seen_epoch > known.epoch
    or (known_group.epoch = p_seen_epoch and known_group.view < p_seen_view) then
    update {schema}.history
    set system_id = now_system, timeline = now_timeline, epoch = greatest(known.epoch, p_seen_epoch) + 1
    returning * into known;
  end if;

  perform pg_catalog.setval('{schema}.fence', pg_catalog.nextval('{schema}.fence') + 1024 * 1000000::bigint);
  return known.epoch;
end
$$;

-- The group's row, locked: views are numbered in the order of the commits.
create function {schema}.lock_group(p_group text) returns {schema}.groups
language plpgsql as $$
declare
  found_group {schema}.groups;
begin
  select * into found_group from {schema}.groups where name = p_group for update;
  if not found then
    insert into {schema}.groups (name, epoch, view) values (p_group, 0, 0) on conflict (name) do nothing;
    select * into strict found_group from {schema}.groups where name = p_group for update;
  end if;

  return found_group;
end
$$;

-- The only place that changes a view. Its caller holds the group's row, then logs what changed under the number returned.
create function {schema}.bump(p_group_id integer, p_epoch bigint, out o_epoch bigint, out o_view bigint)
language plpgsql as $$
begin
  update {schema}.groups set view = view + 1, epoch = greatest(epoch, p_epoch)
  where group_id = p_group_id
  returning epoch, view into o_epoch, o_view;
  begin
    perform pg_catalog.pg_notify('coordination_view', p_group_id || ' ' || o_epoch || '.' || o_view);
  exception when program_limit_exceeded then
    null; -- the queue is full; heartbeats find the view all the same
  end;
  if o_view % 500 = 0 then
    delete from {schema}.view_log
    where group_id = p_group_id and (at < pg_catalog.now() - interval '7 days' or view <= o_view - 10000);
  end if;
end
$$;

create function {schema}.log_change(
  p_epoch bigint, p_view bigint, p_seq integer, p_kind text, p_member {schema}.members, p_by_no integer, p_reason text) returns void
language sql as $$
  insert into {schema}.view_log
    (group_id, epoch, view, seq, at, kind, member_no, member_id, status, joined_at, url, metadata, by_no, reason)
  values
    (p_member.group_id, p_epoch, p_view, p_seq, pg_catalog.clock_timestamp(), p_kind, p_member.member_no, p_member.member_id,
     p_member.status, p_member.joined_at, p_member.url, p_member.metadata, p_by_no, p_reason);
$$;

-- Ends a session if it is still the one that is meant: a pid alone may belong to somebody else by now.
create function {schema}.end_session(p_pid integer, p_start timestamptz) returns void
language sql as $$
  select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where pid = p_pid and backend_start = p_start;
$$;

create function {schema}.is_free(p_space integer, p_no integer) returns boolean
language sql as $$
  select not exists (
    select from pg_catalog.pg_locks
    where locktype = 'advisory' and granted and objsubid = 2
      and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      and classid = p_space::oid and objid = p_no::oid);
$$;

-- Returns the new member's number, or null when a living member has the name and we must not supersede it.
create function {schema}.join_group(
  p_group text, p_epoch bigint, p_member_no integer, p_member_id text, p_supersede boolean,
  p_lease_ms integer, p_grace_ms integer, p_url text, p_metadata jsonb) returns boolean
language plpgsql as $$
declare
  the_group {schema}.groups;
  old {schema}.members;
  fresh {schema}.members;
  the_view record;
  seq integer := 0;
begin
  perform {schema}.make_durable();
  the_group := {schema}.lock_group(p_group);
  select * into old from {schema}.members where group_id = the_group.group_id and member_id = p_member_id;
  if old.member_no is not null and not p_supersede and not {schema}.is_free({session_space}, old.member_no) then
    return false;
  end if;

  select * into the_view from {schema}.bump(the_group.group_id, p_epoch);
  if old.member_no is not null then
    perform {schema}.end_session(old.pid, old.pid_start);
    delete from {schema}.members where member_no = old.member_no;
    perform {schema}.log_change(the_view.o_epoch, the_view.o_view, 0, 'superseded', old, p_member_no,
      'a new process with the same member id took its place');
    seq := 1;
  end if;

  insert into {schema}.members
    (member_no, group_id, member_id, status, session_no, pid, pid_start, joined_at, attached_at, last_heartbeat,
     lease_ms, grace_ms, url, metadata)
  select p_member_no, the_group.group_id, p_member_id, 'up', 1, a.pid, a.backend_start, t.now, t.now, t.now,
    p_lease_ms, p_grace_ms, p_url, p_metadata
  from pg_catalog.pg_stat_activity a, (select pg_catalog.clock_timestamp() as now) t
  where a.pid = pg_catalog.pg_backend_pid()
  returning * into strict fresh;
  perform {schema}.log_change(the_view.o_epoch, the_view.o_view, seq, 'joined', fresh, null, null);
  return true;
end
$$;

-- The same member on a new session. Returns its session number, or null when it is not a living member any more.
create function {schema}.attach(p_group text, p_epoch bigint, p_member_no integer, p_url text, p_metadata jsonb) returns integer
language plpgsql as $$
declare
  the_group {schema}.groups;
  the_view record;
  me {schema}.members;
  changed boolean;
begin
  perform {schema}.make_durable();
  the_group := {schema}.lock_group(p_group);
  select url is distinct from p_url or metadata is distinct from p_metadata into changed
  from {schema}.members where member_no = p_member_no;
  update {schema}.members m
  set session_no = m.session_no + 1, pid = a.pid, pid_start = a.backend_start, lost_at = null,
    attached_at = pg_catalog.clock_timestamp(), last_heartbeat = pg_catalog.clock_timestamp(), url = p_url, metadata = p_metadata
  from pg_catalog.pg_stat_activity a
  where m.member_no = p_member_no and a.pid = pg_catalog.pg_backend_pid()
  returning m.* into me;
  if me.member_no is not null and (changed or the_group.epoch < p_epoch) then
    -- Something to tell: what was changed while we were away, or that the database lost history and views count anew.
    select * into the_view from {schema}.bump(the_group.group_id, p_epoch);
    perform {schema}.log_change(the_view.o_epoch, the_view.o_view, 0, 'updated', me, p_member_no, null);
  end if;

  return me.session_no;
end
$$;

-- Where to find the pid of the session that a member had before.
create function {schema}.end_old_session(p_member_no integer) returns void
language sql as $$
  select {schema}.end_session(pid, pid_start) from {schema}.members
  where member_no = p_member_no and pid <> pg_catalog.pg_backend_pid();
$$;

-- One heartbeat: writes only when told to. Standing: 0 good, 1 gone, 2 the server is a standby. Overdue: somebody is to be judged.
create function {schema}.beat(
  p_group text, p_member_no integer, p_session_no integer, p_stamp boolean,
  out o_epoch bigint, out o_view bigint, out o_standing integer, out o_overdue boolean)
language plpgsql as $$
declare
  the_group_id integer;
  good boolean := true;
begin
  if pg_catalog.pg_is_in_recovery() then
    o_epoch := 0; o_view := 0; o_standing := 2; o_overdue := false;
    return;
  end if;

  if p_member_no > 0 then
    if p_stamp then
      update {schema}.members set last_heartbeat = pg_catalog.clock_timestamp()
      where member_no = p_member_no and session_no = p_session_no;
      good := found;
    else
      good := exists (select from {schema}.members where member_no = p_member_no and session_no = p_session_no);
    end if;
  end if;

  select g.group_id, g.epoch, g.view into the_group_id, o_epoch, o_view from {schema}.groups g where g.name = p_group;
  o_epoch := coalesce(o_epoch, 0);
  o_view := coalesce(o_view, 0);
  o_standing := case when good then 0 else 1 end;
  o_overdue := p_member_no > 0 and exists (
    select from {schema}.members m
    where m.group_id = the_group_id and m.member_no <> p_member_no
      and m.last_heartbeat < pg_catalog.clock_timestamp() - m.lease_ms * interval '1 millisecond');
end
$$;

-- Judges every member whose heartbeat is older than its lease and whose session is gone. All verdicts of one call are one view.
-- The witness must be a living member that holds its own key, and older on this session than the grace: right after a restart
-- of the database everybody's heartbeat is old and everybody's session is gone, and whoever is back first must not bury the rest.
create function {schema}.expire(p_group text, p_member_no integer, p_session_no integer) returns integer
language plpgsql as $$
declare
  the_group {schema}.groups;
  the_view record;
  suspect {schema}.members;
  dead {schema}.members[] := '{}';
  silent interval;
begin
  perform {schema}.make_durable();
  the_group := {schema}.lock_group(p_group);
  if not exists (
    select from {schema}.members m
    where m.member_no = p_member_no and m.session_no = p_session_no
      and m.attached_at < pg_catalog.clock_timestamp() - m.grace_ms * interval '1 millisecond'
      and not {schema}.is_free({session_space}, m.member_no)) then
    return 0;
  end if;

  for suspect in
    select * from {schema}.members m
    where m.group_id = the_group.group_id and m.member_no <> p_member_no
      and m.last_heartbeat < pg_catalog.clock_timestamp() - m.lease_ms * interval '1 millisecond'
    order by m.member_no
    for update
  loop
    -- Taken until this transaction ends: a member that is coming back takes its key first and then waits for the group's row,
    -- so either we see its key held here, or it finds its row gone.
    if pg_catalog.pg_try_advisory_xact_lock({session_space}, suspect.member_no) then
      dead := dead || suspect;
    elsif suspect.last_heartbeat < pg_catalog.clock_timestamp() - 2 * suspect.lease_ms * interval '1 millisecond' then
      -- The server should have ended this session long ago; the next call judges.
      perform {schema}.end_session(suspect.pid, suspect.pid_start);
    end if;
  end loop;

  if pg_catalog.cardinality(dead) = 0 then
    return 0;
  end if;

  select * into the_view from {schema}.bump(the_group.group_id, 0);
  for i in 1 .. pg_catalog.cardinality(dead) loop
    silent := pg_catalog.clock_timestamp() - dead[i].last_heartbeat;
    delete from {schema}.members where member_no = dead[i].member_no;
    perform {schema}.log_change(the_view.o_epoch, the_view.o_view, i - 1, 'died', dead[i], p_member_no,
      pg_catalog.format('no heartbeat for %s s (lease %s s), session gone',
        pg_catalog.round(extract(epoch from silent)::numeric, 1), pg_catalog.round(dead[i].lease_ms / 1000.0, 1)));
  end loop;

  return pg_catalog.cardinality(dead);
end
$$;

-- A member's own change of itself: url, metadata, status. False when it is not a living member.
create function {schema}.update_member(
  p_group text, p_member_no integer, p_session_no integer, p_url text, p_metadata jsonb, p_status text) returns boolean
language plpgsql as $$
declare
  the_group {schema}.groups;
  the_view record;
  me {schema}.members;
begin
  perform {schema}.make_durable();
  the_group := {schema}.lock_group(p_group);
  update {schema}.members
  set url = case when p_metadata is null then url else p_url end, metadata = coalesce(p_metadata, metadata), status = coalesce(p_status, status)
  where member_no = p_member_no and session_no = p_session_no
  returning * into me;
  if me.member_no is null then
    return false;
  end if;

  select * into the_view from {schema}.bump(the_group.group_id, 0);
  perform {schema}.log_change(the_view.o_epoch, the_view.o_view, 0, 'updated', me, p_member_no, null);
  return true;
end
$$;

create function {schema}.leave_group(p_group text, p_member_no integer, p_session_no integer) returns boolean
language plpgsql as $$
declare
  the_group {schema}.groups;
  the_view record;
  me {schema}.members;
begin
  perform {schema}.make_durable();
  the_group := {schema}.lock_group(p_group);
  delete from {schema}.members where member_no = p_member_no and session_no = p_session_no returning * into me;
  if me.member_no is null then
    return false;
  end if;

  select * into the_view from {schema}.bump(the_group.group_id, 0);
  perform {schema}.log_change(the_view.o_epoch, the_view.o_view, 0, 'left', me, p_member_no, 'left in order');
  return true;
end
$$;
