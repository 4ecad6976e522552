-- Groups, their members and their views.
--
-- Every change of a group is one call of one function: a process that freezes between two statements of a transaction would
-- keep row locks that everybody needs. Row locks are always taken in the order history, group, member. Functions run with
-- the rights of the caller, name everything in full and pin search_path, so that nobody's objects can stand in for ours.

create table {schema}.schema_version (
  version integer primary key,
  name text not null,
  -- The oldest version of these scripts that a program may have been written for and still work.
  works_from integer not null,
  applied_at timestamptz not null default clock_timestamp()
);

-- Which course of events the database has been through; one row. The epoch rises when the database lost history.
-- It is kept for the schema and not for each group because fencing tokens are.
create table {schema}.history (
  one boolean primary key default true check (one),
  system_id bigint not null default 0,
  timeline integer not null default 0,
  epoch bigint not null default 0
);

insert into {schema}.history default values;

create table {schema}.groups (
  group_id bigint generated always as identity primary key,
  name text not null unique,
  epoch bigint not null,
  view bigint not null
) with (fillfactor = 50);

-- The living only: who goes, goes from here into view_log. No index on last_heartbeat, and half of each page free:
-- so a beat is a HOT update and the table does not grow.
create table {schema}.members (
  member_no integer primary key,
  group_id bigint not null references {schema}.groups on delete cascade,
  member_id text not null,
  status text not null check (status in ('joining', 'up', 'suspect', 'leaving')),
  session_no integer not null,
  lease_ms integer not null,
  grace_ms integer not null,
  pid integer not null,
  pid_start timestamptz,
  joined_at timestamptz not null,
  attached_at timestamptz not null,
  last_heartbeat timestamptz not null,
  lost_at timestamptz,
  joined_epoch bigint not null,
  joined_view bigint not null,
  url text,
  metadata jsonb not null,
  unique (group_id, member_id)
) with (fillfactor = 50);

-- What made each view out of the one before. Shows the member in full, so that who follows the changes and who reads the
-- members see the same content under the same number.
create table {schema}.view_log (
  group_id bigint not null references {schema}.groups on delete cascade,
  epoch bigint not null,
  view bigint not null,
  seq integer not null,
  at timestamptz not null,
  kind text not null check (kind in ('joined', 'left', 'died', 'suspected', 'recovered', 'superseded', 'updated')),
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

create sequence {schema}.member_no as integer cache 1;

-- The numbers in between are for grants that a process passes on among its own callers.
create sequence {schema}.fence as bigint increment by 1024 minvalue 1024 start with 1024 cache 1;

-- The first half of the advisory key (two ints) that a member's session holds; the second half is the member's number.
-- Made from the schema's oid, because advisory keys are one space for the whole database and two schemas count their members
-- each from 1. From 2^24 to 2^25: above the pairs 0..255 of tooz, and with the seven highest bits zero, so that in the pairs
-- of DistributedLock only a name that begins with the character NUL comes here. The next odd number is for a member's watcher.
create function {schema}.session_key() returns integer
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select 16777216 + 2 * ('{schema_in_text}'::regnamespace::oid::bigint % 8388608)::integer
$$;

create function {schema}.watcher_key() returns integer
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select {schema}.session_key() + 1
$$;

-- Ends a session that is still the one we know: a pid alone may belong to somebody else by now.
-- Sessions of roles that we may not signal are left alone, because the refusal would be an ERROR in the server's log.
create function {schema}.end_backend(p_pid integer, p_start timestamptz) returns boolean
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_or(pg_terminate_backend(a.pid)), false)
  from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
  where a.pid = p_pid and a.backend_start = p_start and a.pid <> pg_backend_pid()
    and (pg_has_role(r.oid, 'USAGE') or (not r.rolsuper and pg_has_role('pg_signal_backend', 'USAGE')))
$$;

-- Waits for a member's session key, so that the end of its old session is noticed when it happens. The timeout is caught here:
-- one that reaches the client is an ERROR in the server's log. When it comes, the key may have been granted in the same
-- instant; then the second try is granted once more, which does no harm to a key that is given back with the session only.
create function {schema}.take_session_key(p_member integer, p_milliseconds integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_try_advisory_lock({schema}.session_key(), p_member) then
    return true;
  end if;

  perform set_config('lock_timeout', p_milliseconds::text, true);
  begin
    perform pg_advisory_lock({schema}.session_key(), p_member);
    return true;
  exception when lock_not_available then
    return pg_try_advisory_lock({schema}.session_key(), p_member);
  end;
end
$$;

-- A change of one member, for bump, which fills in the rest.
create function {schema}.change(p_kind text, p_member {schema}.members, p_by integer, p_reason text) returns {schema}.view_log
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select row(
    p_member.group_id, null, null, null, null, p_kind, p_member.member_no, p_member.member_id, p_member.status,
    p_member.joined_at, p_member.url, p_member.metadata, p_by, p_reason)::{schema}.view_log
$$;

-- The only place that changes a view. The group's row stays locked until the commit, so views are committed in the order of
-- their numbers and without a gap; all changes of one call are one view.
create function {schema}.bump(p_group bigint, p_changes {schema}.view_log[]) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  g {schema}.groups;
  v_now timestamptz;
begin
  -- Nobody may see a view that a crash of the server could take back. Local is enough: after a failover the epoch rises, and
  -- a standby that does not answer must not stop the group.
  perform set_config('synchronous_commit', 'local', true);

  -- Locked first and changed by another statement, which sees the epoch as it is once the lock is ours.
  perform 1 from {schema}.groups where group_id = p_group for update;
  update {schema}.groups
    set view = view + 1, epoch = greatest(epoch, (select h.epoch from {schema}.history h))
    where group_id = p_group
    returning * into strict g;
  v_now := clock_timestamp(); -- one time for all rows of a view, so that pruning by age takes views as a whole

  insert into {schema}.view_log
    select g.group_id, g.epoch, g.view, c.place, v_now, c.kind, c.member_no, c.member_id, c.status,
      c.joined_at, c.url, c.metadata, c.by_no, c.reason
    from unnest(p_changes) with ordinality as c(group_id, epoch, view, seq, at, kind, member_no, member_id, status,
      joined_at, url, metadata, by_no, reason, place);

  -- A hint to those who listen; beats repair what it loses. A full queue would fail the commit and with it the change.
  if current_setting('coordination.announce', true) is distinct from 'off' and pg_notification_queue_usage() < 0.9 then
    perform pg_notify('coordination', format('%s/%s %s.%s', '{schema_in_text}'::regnamespace::oid::bigint, g.group_id, g.epoch, g.view));
  end if;

  if g.view % 64 = 0 then
    delete from {schema}.view_log l
      where l.group_id = g.group_id
        and (l.at < v_now - interval '7 days'
          or (l.epoch, l.view) <= (
            select o.epoch, o.view from {schema}.view_log o
            where o.group_id = g.group_id
            order by o.epoch desc, o.view desc, o.seq desc offset 10000 limit 1));
  end if;

  return g.view;
end
$$;

-- What every session does first, one at a time: finds out whether the database is still the one it was, and makes its
-- tokens greater than all tokens before. The epoch rises when the server is another one (a restored copy), when its timeline
-- is (a promoted standby), or when the caller has seen views that the table does not have. It also keeps up with the timeline,
-- so that two standbys which are promoted one after the other cannot come by the same epoch.
-- The fence jumps over a million grants, durably: sessions draw from it without waiting for the disk, so a crash of the
-- server takes it back by what had not been flushed. Such a crash ends all sessions, and all come through here again.
create function {schema}.open_history(
  p_group text, p_seen_epoch bigint, p_seen_view bigint, out group_id bigint, out epoch bigint, out is_behind boolean)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  h {schema}.history;
  g {schema}.groups;
  v_system bigint;
  v_timeline integer;
begin
  perform set_config('synchronous_commit', 'local', true);
  select * into strict h from {schema}.history for update;
  select s.system_identifier into strict v_system from pg_control_system() s;
  v_timeline := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
  select * into g from {schema}.groups where name = p_group;
  if (h.system_id, h.timeline) is distinct from (v_system, v_timeline)
    or (p_seen_epoch, p_seen_view) > (coalesce(g.epoch, 0), coalesce(g.view, 0)) then
    if h.epoch > 0 then
      -- The numbers of members that the table has forgotten must not be given away again.
      perform setval('{schema_in_text}.member_no', nextval('{schema_in_text}.member_no') + 1000);
    end if;

    h.epoch := greatest(h.epoch + 1, p_seen_epoch + 1, v_timeline);
    update {schema}.history hh set system_id = v_system, timeline = v_timeline, epoch = h.epoch;
  end if;

  perform setval('{schema_in_text}.fence', nextval('{schema_in_text}.fence') + 1000000 * 1024::bigint);
  if g.group_id is null then
    insert into {schema}.groups (name, epoch, view) values (p_group, h.epoch, 0) returning * into g;
  end if;

  group_id := g.group_id;
  epoch := h.epoch;
  is_behind := g.epoch <> h.epoch;
end
$$;

-- Comes into the group as a new member. Without p_supersede and with a living member of the same id nothing is changed, and
-- the answer says who it is.
create function {schema}.join_group(
  p_group text, p_member_id text, p_url text, p_metadata jsonb, p_lease_ms integer, p_grace_ms integer, p_supersede boolean,
  out group_id bigint, out epoch bigint, out member_no integer, out session_no integer,
  out rival_no integer, out rival_pid integer, out rival_since timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  old {schema}.members;
  me {schema}.members;
  v_changes {schema}.view_log[] := '{}';
begin
  -- The key is held before the row can be seen: nobody ever finds us without it.
  loop
    member_no := nextval('{schema_in_text}.member_no');
    exit when pg_try_advisory_lock({schema}.session_key(), member_no);
  end loop;

  select o.group_id, o.epoch into group_id, epoch from {schema}.open_history(p_group, 0, 0) o;
  perform 1 from {schema}.groups g where g.group_id = join_group.group_id for update;
  select * into old from {schema}.members m where m.group_id = join_group.group_id and m.member_id = p_member_id for update;
  if found then
    -- A predecessor whose key is free is dead and only not declared so yet: it is nobody's rival.
    if not p_supersede and not pg_try_advisory_xact_lock({schema}.session_key(), old.member_no) then
      perform pg_advisory_unlock({schema}.session_key(), member_no);
      rival_no := old.member_no;
      rival_pid := old.pid;
      rival_since := old.joined_at;
      member_no := null;
      return;
    end if;

    perform {schema}.end_backend(old.pid, old.pid_start);
    delete from {schema}.members m where m.member_no = old.member_no;
    v_changes := array[{schema}.change('superseded', old, member_no, 'a new process with the same member id took its place')];
  end if;

  insert into {schema}.members
    select join_group.member_no, g.group_id, p_member_id, 'up', 1, p_lease_ms, p_grace_ms, a.pid, a.backend_start,
      clock_timestamp(), clock_timestamp(), clock_timestamp(), null, join_group.epoch, g.view + 1, p_url, p_metadata
    from {schema}.groups g, pg_stat_activity a
    where g.group_id = join_group.group_id and a.pid = pg_backend_pid()
    returning * into strict me;
  perform {schema}.bump(group_id, v_changes || {schema}.change('joined', me, null, null));
  session_no := me.session_no;
end
$$;

-- Goes on as the member that an earlier session was, whose key the caller has taken; url and metadata are what they are now,
-- because they may have changed in between. No session number when the member is not living any more.
create function {schema}.attach(
  p_group text, p_member integer, p_member_id text, p_url text, p_metadata jsonb, p_seen_epoch bigint, p_seen_view bigint,
  out group_id bigint, out epoch bigint, out session_no integer)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  old {schema}.members;
  me {schema}.members;
  v_behind boolean;
begin
  -- By id too: a server that lost history may have given our number to somebody else.
  perform 1 from {schema}.members m where m.member_no = p_member and m.member_id = p_member_id;
  if not found then
    return;
  end if;

  select o.group_id, o.epoch, o.is_behind into group_id, epoch, v_behind
    from {schema}.open_history(p_group, p_seen_epoch, p_seen_view) o;
  perform 1 from {schema}.groups g where g.group_id = attach.group_id for update;
  select * into old from {schema}.members m
    where m.member_no = p_member and m.member_id = p_member_id and m.group_id = attach.group_id for update;
  if not found then
    return;
  end if;

  update {schema}.members m
    set session_no = m.session_no + 1, pid = a.pid, pid_start = a.backend_start, lost_at = null,
      attached_at = clock_timestamp(), last_heartbeat = clock_timestamp(), url = p_url, metadata = p_metadata,
      status = case when m.status = 'suspect' then 'up' else m.status end
    from pg_stat_activity a
    where m.member_no = p_member and a.pid = pg_backend_pid()
    returning m.* into strict me;
  session_no := me.session_no;
  if old.status <> me.status then
    perform {schema}.bump(group_id, array[{schema}.change('recovered', me, me.member_no, 'it has connected again')]);
  elsif (old.url, old.metadata) is distinct from (me.url, me.metadata) then
    perform {schema}.bump(group_id, array[{schema}.change('updated', me, me.member_no, null)]);
  elsif v_behind then
    perform {schema}.bump(group_id, '{}');
  end if;
end
$$;

-- Looks on without being a member.
create function {schema}.observe(p_group text, p_seen_epoch bigint, p_seen_view bigint, out group_id bigint, out epoch bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_behind boolean;
begin
  select o.group_id, o.epoch, o.is_behind into group_id, epoch, v_behind
    from {schema}.open_history(p_group, p_seen_epoch, p_seen_view) o;
  if v_behind then
    perform {schema}.bump(group_id, '{}');
  end if;
end
$$;

-- The caller's own row while it is living under this session, with the group locked; else null.
create function {schema}.lock_member(p_member integer, p_session integer) returns {schema}.members
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members;
begin
  perform 1 from {schema}.groups g
    where g.group_id = (select m.group_id from {schema}.members m where m.member_no = p_member and m.session_no = p_session)
    for update;
  select * into me from {schema}.members m where m.member_no = p_member and m.session_no = p_session for update;
  return me;
end
$$;

-- False: not living any more. What is the same already makes no view.
create function {schema}.update_member(p_member integer, p_session integer, p_url text, p_metadata jsonb) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members := {schema}.lock_member(p_member, p_session);
begin
  if me.member_no is not null and (me.url, me.metadata) is distinct from (p_url, p_metadata) then
    update {schema}.members m set url = p_url, metadata = p_metadata where m.member_no = p_member returning * into strict me;
    perform {schema}.bump(me.group_id, array[{schema}.change('updated', me, me.member_no, null)]);
  end if;

  return me.member_no is not null;
end
$$;

create function {schema}.mark_leaving(p_member integer, p_session integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members := {schema}.lock_member(p_member, p_session);
begin
  if me.member_no is not null and me.status <> 'leaving' then
    update {schema}.members m set status = 'leaving' where m.member_no = p_member returning * into strict me;
    perform {schema}.bump(me.group_id, array[{schema}.change('updated', me, p_member, null)]);
  end if;

  return me.member_no is not null;
end
$$;

create function {schema}.leave_group(p_member integer, p_session integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members := {schema}.lock_member(p_member, p_session);
begin
  if me.member_no is not null then
    delete from {schema}.members m where m.member_no = p_member;
    perform {schema}.bump(me.group_id, array[{schema}.change('left', me, p_member, 'left in order')]);
  end if;

  return me.member_no is not null;
end
$$;

-- Judges the silent: every other member whose last heartbeat is older than its own lease and whose session key is free is
-- dead. Returns how many died; all in one view. Nothing here waits: whoever has a row locked is either judging already or alive.
create function {schema}.expire(p_group bigint, p_member integer, p_session integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  other {schema}.members;
  v_since timestamptz;
  v_silent interval;
  v_changes {schema}.view_log[] := '{}';
begin
  perform 1 from {schema}.groups g where g.group_id = p_group for update skip locked;
  if not found then
    return 0;
  end if;

  if p_member = 0 then
    -- An observer: it has no row and no key, and is asked only how long it has been here. Without its word a group whose last
    -- member has died would stay in its view for ever.
    select a.backend_start into v_since from pg_stat_activity a where a.pid = pg_backend_pid();
  else
    -- A row alone makes nobody a witness: the session that speaks must be the one that holds the key.
    select m.attached_at into v_since from {schema}.members m
      where m.member_no = p_member and m.session_no = p_session and m.group_id = p_group and exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.granted and l.objsubid = 2
          and l.classid::bigint = {schema}.session_key() and l.objid::bigint = p_member);
  end if;

  if v_since is null then
    return 0;
  end if;

  for other in
    select * from {schema}.members m
    where m.group_id = p_group and m.member_no <> p_member
      and m.last_heartbeat < clock_timestamp() - m.lease_ms * interval '1 ms'
      -- A witness that has been here for less than the other's grace may not accuse it: after a restart of the database all
      -- keys are free and all beats are old, and whoever is back first must not bury the rest.
      and v_since < clock_timestamp() - m.grace_ms * interval '1 ms'
    order by m.member_no
    for update skip locked
  loop
    v_silent := clock_timestamp() - other.last_heartbeat;
    if pg_try_advisory_xact_lock({schema}.session_key(), other.member_no) then
      delete from {schema}.members m where m.member_no = other.member_no;
      v_changes := v_changes || {schema}.change('died', other, nullif(p_member, 0),
        format('no heartbeat for %s s (lease %s s), session gone',
          round(extract(epoch from v_silent)::numeric, 1), trim_scale(round(other.lease_ms / 1000.0, 3))));
    elsif v_silent > 2 * other.lease_ms * interval '1 ms' then
      -- Its own time limits should have ended it long ago. When it is gone, the next call finds the key free.
      perform {schema}.end_backend(other.pid, other.pid_start);
    end if;
  end loop;

  if cardinality(v_changes) > 0 then
    perform {schema}.bump(p_group, v_changes);
  end if;

  return cardinality(v_changes);
end
$$;
