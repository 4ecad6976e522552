-- Graces that are served and not only past, changes of a member that keep nobody waiting but themselves, a bound for the size of a group,
-- watchers of earlier versions next to new ones, and waits that a clock that is set back makes no longer.

-- How long a lost member has been looked for, and when last. Kept by the looks themselves (see judge), while lost_at is set.
alter table {schema}.members add column waited_ms integer not null default 0;
alter table {schema}.members add column looked_at timestamptz;

-- The same for newcomers that want the place of a lost member and may not take it (see look_at_rival). Counted apart, because they count otherwise.
alter table {schema}.members add column awaited_ms integer not null default 0;
alter table {schema}.members add column awaited_at timestamptz;

-- As before, but read once, here, and not anew by each statement that needs a key: so the planner takes the number for what it is.
create or replace function {schema}.session_key() returns integer
language sql stable
return 16777216 + 2 * ('{schema_in_text}'::pg_catalog.regnamespace::pg_catalog.oid::bigint % 8388608)::integer;

create or replace function {schema}.watcher_key() returns integer
language sql stable
return {schema}.session_key() + 1;

-- As before, but the watcher's key alone says whose affair a lost member is. What the table says of it ends with each session, and programs
-- of earlier versions ask for the key once only: in a group of those, each back with a new session, a lost member was nobody's affair.
create or replace function {schema}.watch(
  p_group bigint, p_member integer, p_milliseconds integer,
  out successor integer, out is_gone boolean, out is_member boolean, out is_session_gone boolean, out has_lost boolean,
  out members integer, out at_epoch bigint, out at_view bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  is_gone := false;
  select coalesce(min(m.member_no) filter (where m.member_no > p_member), min(m.member_no)) into successor
    from {schema}.members m
    where m.group_id = p_group and m.member_no <> p_member and m.lost_at is null;
  if successor is null then
    perform pg_sleep(p_milliseconds / 1000.0);
  else
    perform set_config('lock_timeout', p_milliseconds::text, true);
    begin
      perform pg_advisory_xact_lock_shared({schema}.session_key(), successor);
      is_gone := true;
    exception when lock_not_available then
      null;
    end;
  end if;

  select g.epoch, g.view, count(m.member_no), p_member = 0 or coalesce(bool_or(m.member_no = p_member), false), coalesce(bool_or(m.lost_at is not null), false)
    into at_epoch, at_view, members, is_member, has_lost
    from {schema}.groups g left join {schema}.members m on m.group_id = g.group_id
    where g.group_id = p_group
    group by g.group_id;
  if not found then
    members := 0;
    is_member := p_member = 0;
    has_lost := false;
  end if;

  if has_lost then
    -- Each lost member is the affair of one watcher, or all would ask for verdicts again and again: of the nearest one before it in the
    -- ring that may accuse it (see judge), else of the nearest. A key is asked for in a CASE, which keeps its order: among conditions the
    -- server chooses, and would look at the keys of other groups too. The group stands before it once more, for the index.
    has_lost := exists (
      select from {schema}.members m
      where m.group_id = p_group and m.lost_at is not null and m.member_no <> p_member and p_member = coalesce(
        (select w.member_no from {schema}.members w
          where w.group_id = p_group and case when w.group_id = p_group and w.lost_at is null
              and w.attached_at < m.last_heartbeat and w.attached_at < clock_timestamp() - m.grace_ms * interval '1 ms'
            then w.member_no = p_member or not pg_try_advisory_xact_lock_shared({schema}.watcher_key(), w.member_no) end
          order by w.member_no < m.member_no desc, w.member_no desc limit 1),
        (select w.member_no from {schema}.members w
          where w.group_id = p_group and case when w.group_id = p_group and w.lost_at is null
            then w.member_no = p_member or not pg_try_advisory_xact_lock_shared({schema}.watcher_key(), w.member_no) end
          order by w.member_no < m.member_no desc, w.member_no desc limit 1),
        0));
  end if;

  is_session_gone := p_member <> 0 and is_member and pg_try_advisory_xact_lock_shared({schema}.session_key(), p_member);
end
$$;

-- As before, but a clock that is set back meanwhile makes no wait longer than it was meant to be.
create or replace function {schema}.settle(p_group bigint, p_member integer, p_milliseconds integer) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_end timestamptz := clock_timestamp() + p_milliseconds * interval '1 ms';
  v_other integer;
begin
  for v_other in
    select m.member_no from {schema}.members m
    where m.group_id = p_group and m.member_no <> p_member and m.watched and m.lost_at is null
    order by m.member_no
  loop
    continue when not pg_try_advisory_lock_shared({schema}.session_key(), v_other);
    perform pg_advisory_unlock_shared({schema}.session_key(), v_other);
    perform set_config('lock_timeout',
      greatest(1, least(p_milliseconds, ceil(extract(epoch from v_end - clock_timestamp()) * 1000)))::integer::text, true);
    begin
      perform pg_advisory_xact_lock_shared({schema}.watcher_key(), v_other);
    exception when lock_not_available then
      null;
    end;
  end loop;
end
$$;

-- The verdicts of one witness on all other members, in one view.
--
-- A member whose session key is held is alive. One whose key is free is dead at once if its watcher's key is free too (the process is
-- gone), or if it has been silent for its lease (frozen, and ended by the server); otherwise it is suspect, and dead when it is not back
-- within its grace.
--
-- The witness must be a living member under the session that it names, and that session must hold its key: a row alone makes nobody a
-- witness. What it may say depends on how long it has been here. After a restart of the database all keys are free at once, and whoever
-- is back first must not bury the rest: so a witness accuses only members that were heard of after its own session began, and only when
-- that session is older than the grace. Otherwise it notes the loss, and a member whose going nobody saw has three times the grace.
--
-- Silence and free keys count only against a witness that was steady all the while: else the server may have stood still, or its clock
-- have been set, and whoever is served first would bury the living. What stands in the future was written before the clock was set back,
-- and proves nothing. An observer has no steadiness and knows the grace only. Free keys say nothing either to a witness whose own gap may
-- be longer than the other's lease: a stall that ended both connections of the other may have left the witness what it has.
--
-- A grace is the time that the server served, and not the time that is past by its clock: each look at a lost member adds how long it is
-- after the look before, up to a second (the longest slice of a watcher is a little shorter) and up to half the grace; what it is later
-- than a second is taken off again. So a short lateness makes a grace longer, and a stall, or a clock that was set, makes it begin
-- anew. So does a look of a witness whose session began after the last one: nobody may have looked because nobody was served.
--
-- p_is_settled: the caller is a watcher, which has waited for the keys of the others and may wait a moment for the group. It commits only what
-- it knows to be no part of a shutdown of the server, which ends one session after the other: so free keys are a death with it only. Else
-- nothing here waits, and a member that is found lost for the first time is only noted.
-- Without an answer for at_view the group is being changed by somebody else: ask again.
create or replace function {schema}.judge(
  p_group bigint, p_member integer, p_session integer, p_is_settled boolean,
  out changes integer, out noted integer, out at_epoch bigint, out at_view bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members;
  other {schema}.members;
  v_now timestamptz;
  v_since timestamptz;
  v_steady timestamptz;
  v_judge text;
  v_gap integer;
  v_silent interval;
  v_grace interval;
  v_lost timestamptz;
  v_pause double precision;
  v_waited integer;
  v_is_held boolean;
  v_is_old boolean;
  v_may_accuse boolean;
  v_saw_silence boolean;
  v_verdict text;
  v_changes {schema}.view_log[] := '{}';
begin
  changes := 0;
  noted := 0;
  begin
    if p_is_settled then
      perform set_config('lock_timeout', '100', true);
      perform 1 from {schema}.groups g where g.group_id = p_group for update;
    else
      perform 1 from {schema}.groups g where g.group_id = p_group for update skip locked;
    end if;
  exception when lock_not_available then
    return;
  end;

  if not found then
    return;
  end if;

  select g.epoch, g.view into at_epoch, at_view from {schema}.groups g where g.group_id = p_group;
  if p_member = 0 then
    -- An observer: it has no row and no key, and is asked only how long it has been here. Without its word a group whose last
    -- member has died would stay in its view for ever. It has no steadiness: where a member lives, the word is that member's, and where
    -- all keys are free at once that may be a stall which broke all connections but ours: it gives everybody the grace.
    if exists (
        select from {schema}.members m
        where m.group_id = p_group and case when m.group_id = p_group then not pg_try_advisory_xact_lock_shared({schema}.session_key(), m.member_no) end) then
      return;
    end if;

    select a.backend_start, 'an observer' into v_since, v_judge from pg_stat_activity a where a.pid = pg_backend_pid();
  else
    select * into me
      from {schema}.members m
      where m.member_no = p_member and m.session_no = p_session and m.group_id = p_group and exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.pid = m.pid and l.granted and l.objsubid = 2
          and l.classid::bigint = {schema}.session_key() and l.objid::bigint = p_member
          and l.database = (select d.oid from pg_database d where d.datname = current_database()));
    v_since := me.attached_at;
    v_judge := format('member %s, number %s', me.member_id, me.member_no);
    v_gap := me.lease_ms / 2 + me.stamp_ms;
  end if;

  v_now := clock_timestamp();
  if v_since > v_now then
    -- The clock was set back since: how long we have been here is known only since then, by an observer since it has noticed.
    if p_member = 0 then
      v_since := least(v_now, coalesce(to_timestamp(nullif(current_setting('coordination.here_since', true), '')::double precision), v_now));
      perform set_config('coordination.here_since', extract(epoch from v_since)::text, false);
    else
      v_since := case when me.steady_since <= v_now then me.steady_since end;
    end if;
  end if;

  if v_since is null then
    return;
  end if;

  if me.last_heartbeat between v_now - v_gap * interval '1 ms' and v_now then
    v_steady := greatest(me.steady_since, v_since);
  elsif me.steady_since is not null or me.last_heartbeat = me.attached_at then
    v_steady := v_now; -- not served for a while, or the clock was set: whatever lasts as long as this may not have lasted at all
  end if;

  for other in
    select * from {schema}.members m where m.group_id = p_group and m.member_no <> p_member order by m.member_no
  loop
    -- By the instant of the steadiness for all of them: a pause or a jump in between would find everybody silent.
    v_silent := v_now - other.last_heartbeat;
    v_grace := other.grace_ms * interval '1 ms';
    v_saw_silence := me.steady_since is not null and v_steady <= other.last_heartbeat and v_gap <= other.lease_ms / 2 + other.stamp_ms;

    v_is_held := not pg_try_advisory_xact_lock_shared({schema}.session_key(), other.member_no);
    if v_is_held and other.lost_at is null then
      if v_saw_silence and v_silent > 2 * (other.lease_ms + other.stamp_ms) * interval '1 ms' then
        -- Its own time limits should have ended it long ago. When it is gone, the next call finds the key free.
        perform {schema}.end_backend(other.pid, other.pid_start);
      end if;

      continue;
    end if;

    -- Nobody of ours keeps a row locked for long; somebody else may, and must not stop the group. The next call comes soon.
    perform 1 from {schema}.members m where m.member_no = other.member_no for update skip locked;
    continue when not found;
    if v_is_held then
      noted := noted + 1;
      update {schema}.members m
        set lost_at = null, status = case when m.status = 'suspect' then 'up' else m.status end
        where m.member_no = other.member_no;
      if other.status = 'suspect' then
        other.status := 'up';
        v_changes := v_changes || {schema}.change('recovered', other, nullif(p_member, 0), format('its session is back; seen by %s', v_judge));
      end if;

      continue;
    end if;

    -- From here on the key is ours until the end: nobody comes back while it is being judged.
    v_lost := least(coalesce(other.lost_at, v_now), v_now);
    v_pause := greatest(0, 1000 * extract(epoch from v_now - other.looked_at));
    v_waited := case
      when other.lost_at is null or other.looked_at is null or other.looked_at <= v_since or (p_member = 0 and other.looked_at > v_now) then 0
      else least(2000000000, greatest(0, other.waited_ms + least(v_pause, 1000, greatest(1, other.grace_ms / 2)) - greatest(0, v_pause - 1000)))
    end;
    v_is_old := v_since < v_now - v_grace;
    v_may_accuse := v_is_old and v_since < other.last_heartbeat and other.last_heartbeat <= v_now;
    v_verdict := case
      when v_may_accuse and p_is_settled and p_member <> 0 and other.watched and (v_steady is null or v_steady <= other.last_heartbeat)
        and (me.lease_ms <= other.lease_ms or v_gap <= other.lease_ms)
        and pg_try_advisory_xact_lock_shared({schema}.watcher_key(), other.member_no) then
        'its session and its watcher are gone, so its process is'
      when v_may_accuse and v_saw_silence and v_silent > (other.lease_ms + 2 * other.stamp_ms) * interval '1 ms' then
        format('no heartbeat for %s s (lease %s s), session gone',
          round(extract(epoch from v_silent)::numeric, 1), trim_scale(round(other.lease_ms / 1000.0, 3)))
      when v_may_accuse and v_waited >= other.grace_ms then
        format('its session broke and was not back within the grace of %s s', trim_scale(round(other.grace_ms / 1000.0, 3)))
      when v_is_old and v_waited >= 3 * other.grace_ms::bigint then
        format('its session is gone and was not back within %s s, three times the grace, because nobody saw it go',
          trim_scale(round(3 * other.grace_ms / 1000.0, 3)))
    end;
    if v_verdict is not null then
      noted := noted + 1;
      delete from {schema}.members m where m.member_no = other.member_no;
      v_changes := v_changes || {schema}.change('died', other, nullif(p_member, 0), format('%s; judged by %s', v_verdict, v_judge));
    elsif v_may_accuse and other.status in ('joining', 'up') and (p_is_settled or other.lost_at is not null) then
      noted := noted + 1;
      update {schema}.members m
        set lost_at = v_lost, waited_ms = v_waited, looked_at = v_now, status = 'suspect'
        where m.member_no = other.member_no;
      other.status := 'suspect';
      v_changes := v_changes || {schema}.change('suspected', other, nullif(p_member, 0),
        format('its session broke; dead in %s s unless it is back; seen by %s', trim_scale(round(other.grace_ms / 1000.0, 3)), v_judge));
    elsif other.lost_at is distinct from v_lost then
      noted := noted + 1;
      update {schema}.members m set lost_at = v_lost, waited_ms = v_waited, looked_at = v_now where m.member_no = other.member_no;
    elsif other.looked_at is null or v_pause >= 100 or other.looked_at > v_now or v_waited < other.waited_ms then
      -- Not with every look of everybody: what is not written counts with the next one.
      update {schema}.members m set waited_ms = v_waited, looked_at = v_now where m.member_no = other.member_no;
    end if;
  end loop;

  changes := cardinality(v_changes);
  if changes > 0 then
    perform {schema}.bump(p_group, v_changes);
    select g.epoch, g.view into at_epoch, at_view from {schema}.groups g where g.group_id = p_group;
  end if;
end
$$;

-- Whether the process of a member holds one of its keys: where only its session broke, its watcher says that it is there, and comes back.
-- Those who only look share a key for a moment, and are no rivals.
create function {schema}.is_process_held(p_member integer) returns boolean
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.mode = 'ExclusiveLock' and l.objsubid = 2
      and l.classid::bigint in ({schema}.session_key(), {schema}.watcher_key()) and l.objid::bigint = p_member
      and l.database = (select d.oid from pg_database d where d.datname = current_database()))
$$;

-- Ends the session of a member, unless that has been done in this transaction: the server reads its list of sessions once for each, and
-- would warn of one that is gone, and not see one that came later.
create function {schema}.end_once(p_member {schema}.members, p_ended timestamptz) returns timestamptz
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
begin
  if p_member.pid_start is distinct from p_ended then
    perform pg_stat_clear_snapshot();
    perform {schema}.end_backend(p_member.pid, p_member.pid_start);
  end if;

  return p_member.pid_start;
end
$$;

-- How many members a group may have. Every view goes to every member, and every verdict looks at all of them: a bound is for accidents, such
-- as a loop that starts members, before they use up the connections of the server.
create function {schema}.most_members() returns integer
language sql stable
return coalesce(substring(pg_catalog.current_setting('coordination.most_members', true) from '^[0-9]{1,6}$')::integer, 1000);

-- Since when newcomers have waited for the place of a lost member, in time that was served. Each of their looks comes with another connection, so
-- nothing is known of the time in between; but at each the server was served, and whoever lives had the same chance to come back. So
-- a look counts for half the grace at most, and for what may lie between two attempts.
create function {schema}.awaited(p_lost {schema}.members) returns integer
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select case when p_lost.awaited_at >= p_lost.lost_at
    then least(2000000000, p_lost.awaited_ms
      + least(6000, greatest(1, p_lost.grace_ms / 2), greatest(0, 1000 * extract(epoch from clock_timestamp() - p_lost.awaited_at))))::integer
    else 0 end
$$;

-- One look of a newcomer that may take nobody's place, at a member both of whose keys are free. That is no proof of a death: after a restart of
-- the database all keys are. The newcomer has not seen it alive, so it is what a young witness is to judge: it notes the loss, and the place
-- is free (true) when the member was not back within three times its grace, unless somebody who may accuse says so before.
create function {schema}.look_at_rival(p_rival {schema}.members) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz;
begin
  if {schema}.awaited(p_rival) >= 3 * p_rival.grace_ms::bigint then
    return true;
  end if;

  -- Under another session it has come back meanwhile: what is noted now would be noted of one that lives.
  perform 1 from {schema}.members m where m.member_no = p_rival.member_no and m.session_no = p_rival.session_no for update skip locked;
  if found then
    v_now := clock_timestamp();
    update {schema}.members m
      set awaited_ms = {schema}.awaited(m), awaited_at = v_now, lost_at = least(coalesce(m.lost_at, v_now), v_now),
        waited_ms = case when m.lost_at is null then 0 else m.waited_ms end,
        looked_at = case when m.lost_at is null then v_now else m.looked_at end
      where m.member_no = p_rival.member_no;
  end if;

  return false;
end
$$;

-- Opens the history and locks the group. The history is everybody's: whoever has one group locked for long must not stop the others, so the
-- group is waited for a moment only. When that was too short (lock_not_available), the caller gives up both and waits as await_group does.
create function {schema}.enter_group(
  p_group text, p_seen_epoch bigint, p_seen_view bigint, out group_id bigint, out epoch bigint, out is_behind boolean)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_before text := current_setting('lock_timeout');
begin
  select o.group_id, o.epoch, o.is_behind into group_id, epoch, is_behind from {schema}.open_history(p_group, p_seen_epoch, p_seen_view) o;
  perform set_config('lock_timeout', '250', true);
  perform 1 from {schema}.groups g where g.group_id = enter_group.group_id for update;
  perform set_config('lock_timeout', v_before, true);
end
$$;

-- Waits until a group is free, with nothing locked before or after: in line, or a busy group would never be free when somebody looks. False: it
-- is locked still. Then there is no other attempt: each jumps the fence (see open_history), whose numbers are many and not endless.
create function {schema}.await_group(p_group text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_free boolean := false;
begin
  perform pg_sleep(0.05);
  begin
    perform set_config('lock_timeout', '800', true);
    perform 1 from {schema}.groups g where g.name = p_group for update;
    v_is_free := true;
    raise lock_not_available;
  exception when lock_not_available then
    return v_is_free; -- what was locked is given back with the block, and the limit with it
  end;
end
$$;

-- Refuses who needs a row that somebody keeps locked: the group's, or a member's where one is given. The hint reaches the log of the process,
-- and is for somebody who has never heard of row locks: a row that is locked tells the transaction that has it, and pg_locks whose that is.
create function {schema}.refuse_locked(p_group text, p_member integer, p_member_id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'lock_not_available',
    message = format('the row of %s is locked by a session that does not end', case
      when p_member is null then format('group %s', p_group)
      when p_member_id is null then format('member number %s', p_member)
      else format('member %s, number %s,', p_member_id, p_member) end),
    hint = format('Which one it is tells: select l.pid from pg_locks l join %s t on t.xmax = l.transactionid where l.granted and %s; '
        'pg_stat_activity tells what it does. Let it end, or end it with pg_terminate_backend(pid).',
      case when p_member is null then '{schema_in_text}.groups' else '{schema_in_text}.members' end,
      case when p_member is null then format('t.name = %L', p_group) else format('t.member_no = %s', p_member) end);
end
$$;

-- As before, but the caller's row is not waited for with the group locked: somebody else may have it locked for long.
create or replace function {schema}.lock_member(p_member integer, p_session integer) returns {schema}.members
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members;
begin
  for v_attempt in 1..10 loop
    begin
      perform 1 from {schema}.groups g
        where g.group_id = (select m.group_id from {schema}.members m where m.member_no = p_member and m.session_no = p_session)
        for update;
      select * into me from {schema}.members m where m.member_no = p_member and m.session_no = p_session for update nowait;
      return me;
    exception when lock_not_available then
      perform pg_sleep(0.05); -- here nothing is locked any more
    end;
  end loop;

  perform {schema}.refuse_locked(null, p_member, null);
end
$$;

-- As before, but the locks are given back before the row is waited for: their holders know that they are over, and somebody may keep it locked.
create or replace function {schema}.say_farewell(p_member integer, p_session integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members;
begin
  perform case
      when l.objsubid = 1 and l.mode = 'ShareLock' then pg_advisory_unlock_shared(l.classid::bigint << 32 | l.objid::bigint)
      when l.objsubid = 1 then pg_advisory_unlock(l.classid::bigint << 32 | l.objid::bigint)
      when l.mode = 'ShareLock' then pg_advisory_unlock_shared(l.classid::bigint::bit(32)::integer, l.objid::bigint::bit(32)::integer)
      else pg_advisory_unlock(l.classid::bigint::bit(32)::integer, l.objid::bigint::bit(32)::integer)
    end
    from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.pid = pg_backend_pid()
      and not (l.objsubid = 2 and l.classid::bigint = {schema}.session_key() and l.objid::bigint = p_member);
  me := {schema}.lock_member(p_member, p_session);
  if me.member_no is not null then
    delete from {schema}.members m where m.member_no = p_member;
    perform {schema}.bump(me.group_id, array[{schema}.change('left', me, p_member, 'left in order')]);
  end if;

  return me.member_no is not null;
end
$$;

-- As before, and whoever only looks on keeps nobody waiting either. It needs the group only where it is to tell of another epoch.
create or replace function {schema}.observe(p_group text, p_seen_epoch bigint, p_seen_view bigint, out group_id bigint, out epoch bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_behind boolean;
begin
  for v_attempt in 1..10 loop
    begin
      select o.group_id, o.epoch, o.is_behind into group_id, epoch, v_behind from {schema}.open_history(p_group, p_seen_epoch, p_seen_view) o;
      if v_behind then
        perform set_config('lock_timeout', '250', true); -- as in enter_group
        perform {schema}.bump(group_id, '{}');
      end if;

      return;
    exception when lock_not_available then
      exit when not {schema}.await_group(p_group);
    end;
  end loop;

  perform {schema}.refuse_locked(p_group, null, null);
end
$$;

-- As before, but whoever takes the place of a member that hangs keeps nobody else waiting for it, and a full group takes nobody without a place.
create or replace function {schema}.join_group(
  p_group text, p_member_id text, p_url text, p_metadata jsonb, p_lease_ms integer, p_grace_ms integer, p_supersede boolean,
  p_seen_epoch bigint, p_seen_view bigint,
  out group_id bigint, out epoch bigint, out member_no integer, out session_no integer,
  out rival_no integer, out rival_pid integer, out rival_since timestamptz)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  old {schema}.members;
  me {schema}.members;
  v_changes {schema}.view_log[] := '{}';
  v_now timestamptz;
  v_seen {schema}.members;
  v_ended timestamptz;
  v_is_held boolean;
  v_is_locked boolean := true;
  v_locked integer; -- the member whose row it is; null: the group's
begin
  -- The key is held before the row can be seen: nobody ever finds us without it.
  loop
    member_no := nextval('{schema_in_text}.member_no');
    exit when pg_try_advisory_lock({schema}.session_key(), member_no);
  end loop;

  -- Nobody else may have to wait for a row of ours: its old session may wait for a standby that is away, and has it locked until then. So
  -- that session is ended before anything is locked, and where the row is not free nothing is kept locked until it is.
  for v_attempt in 1..10 loop
    select m.* into old
      from {schema}.members m join {schema}.groups g on g.group_id = m.group_id
      where g.name = p_group and m.member_id = p_member_id;
    if found and p_supersede then
      v_ended := {schema}.end_once(old, v_ended);
    elsif found then
      v_is_held := {schema}.is_process_held(old.member_no);
      if v_is_held or not {schema}.look_at_rival(old) then
        perform pg_advisory_unlock({schema}.session_key(), member_no);
        rival_no := old.member_no;
        rival_pid := case when v_is_held then old.pid end; -- without one: it is lost, and may come back
        rival_since := old.joined_at;
        member_no := null;
        return;
      end if;
    end if;

    v_seen := old;
    v_locked := null;
    begin
      select o.group_id, o.epoch into group_id, epoch from {schema}.enter_group(p_group, p_seen_epoch, p_seen_view) o;
      v_locked := v_seen.member_no;
      select * into old from {schema}.members m where m.group_id = join_group.group_id and m.member_id = p_member_id for update nowait;

      -- Who came in between is to be looked at first, and so is who came back: from here on its key is ours until the end.
      if old.member_no <> coalesce(v_seen.member_no, 0)
        or (not p_supersede and old.member_no is not null and (
          old.session_no <> v_seen.session_no or {schema}.awaited(old) < 3 * old.grace_ms::bigint
          or not pg_try_advisory_xact_lock_shared({schema}.session_key(), old.member_no)
          or {schema}.is_process_held(old.member_no))) then
        raise lock_not_available;
      end if;

      v_is_locked := false;
      exit;
    exception when lock_not_available then
      exit when not {schema}.await_group(p_group); -- here nothing is locked any more
    end;
  end loop;

  if v_is_locked then
    perform pg_advisory_unlock({schema}.session_key(), member_no);
    perform {schema}.refuse_locked(p_group, v_locked, p_member_id);
  end if;

  if old.member_no is not null then
    perform {schema}.end_once(old, v_ended); -- it may have come back with another
    delete from {schema}.members m where m.member_no = old.member_no;
    v_changes := array[{schema}.change('superseded', old, member_no, 'a new process with the same member id took its place')];
  elsif (select count(*) from {schema}.members m where m.group_id = join_group.group_id) >= {schema}.most_members() then
    -- Counted with the group locked: two who come in the same instant are counted one after the other.
    perform pg_advisory_unlock({schema}.session_key(), member_no);
    raise exception using
      errcode = 'CH001',
      message = format('Group ''%s'' has %s members, and takes no more', p_group, {schema}.most_members());
  end if;

  v_now := clock_timestamp(); -- the same for both, as in attach
  insert into {schema}.members
    select join_group.member_no, g.group_id, p_member_id, 'up', 1, p_lease_ms, p_grace_ms, a.pid, a.backend_start,
      v_now, v_now, v_now, null, join_group.epoch, g.view + 1, p_url, p_metadata
    from {schema}.groups g, pg_stat_get_activity(pg_backend_pid()) a
    where g.group_id = join_group.group_id
    returning * into strict me;
  perform {schema}.bump(group_id, v_changes || {schema}.change('joined', me, null, null));
  session_no := me.session_no;
end
$$;

-- As before, in two statements and not six: each is parsed and planned anew in every backend, and in a fleet that starts all of them are new.
create or replace function {schema}.bump(p_group bigint, p_changes {schema}.view_log[]) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_epoch bigint;
  v_view bigint;
  v_now timestamptz; -- one time for all rows of a view, so that pruning by age takes views as a whole
begin
  -- Nobody may see a view that a crash of the server could take back. Local is enough: after a failover the epoch rises, and
  -- a standby that does not answer must not stop the group. Locked first and changed by another statement, which sees the epoch as it
  -- is once the lock is ours.
  perform set_config('synchronous_commit', 'local', true) from {schema}.groups g where g.group_id = p_group for update;

  -- The notification is a hint to those who listen; beats repair what it loses. A full queue would fail the commit and with it the change.
  with bumped as (
    update {schema}.groups g
      set view = g.view + 1, epoch = greatest(g.epoch, (select h.epoch from {schema}.history h))
      where g.group_id = p_group
      returning g.group_id, g.epoch, g.view, clock_timestamp() as now),
  logged as (
    insert into {schema}.view_log
      select b.group_id, b.epoch, b.view, c.place, b.now, c.kind, c.member_no, c.member_id, c.status,
        c.joined_at, c.url, c.metadata, c.by_no, c.reason
      from bumped b, unnest(p_changes) with ordinality as c(group_id, epoch, view, seq, at, kind, member_no, member_id, status,
        joined_at, url, metadata, by_no, reason, place))
  select b.epoch, b.view, b.now into strict v_epoch, v_view, v_now from bumped b
    where case when current_setting('coordination.announce', true) is distinct from 'off' and pg_notification_queue_usage() < 0.9
      then pg_notify('coordination', format('%s/%s %s.%s', '{schema_in_text}'::regnamespace::oid::bigint, b.group_id, b.epoch, b.view)) is not null
      else true end;

  if v_view % 64 = 0 then
    delete from {schema}.view_log l
      where l.group_id = p_group
        and (l.at < v_now - interval '7 days'
          or (l.epoch, l.view) <= (
            select o.epoch, o.view from {schema}.view_log o
            where o.group_id = p_group
            order by o.epoch desc, o.view desc, o.seq desc offset 10000 limit 1));
  end if;

  return v_view;
end
$$;

-- A join where nothing is out of the ordinary: the group is there and free, the database is the one it was, nobody has the id, and there is
-- room. Else nothing has changed and there is no number: join_group finds out what it is. Here nothing waits but for the history, as all who
-- open it do, and a locked group is passed over, so that the history is not kept from others behind it (see enter_group).
create function {schema}.join_at_once(
  p_group text, p_member_id text, p_url text, p_metadata jsonb, p_lease_ms integer, p_grace_ms integer, p_stamp_ms integer,
  p_seen_epoch bigint, p_seen_view bigint,
  out group_id bigint, out epoch bigint, out member_no integer, out session_no integer)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members;
  v_view bigint;
begin
  -- In the order history, group, as everywhere; both as they are once they are ours. See open_history for what is asked of them.
  select g.group_id, h.epoch, g.view into group_id, epoch, v_view
    from {schema}.history h, {schema}.groups g, pg_control_system() s
    where g.name = p_group and (p_seen_epoch, p_seen_view) <= (g.epoch, g.view) and h.system_id = s.system_identifier
      and h.timeline = ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
    for update of h for update of g skip locked;

  -- By another statement: those who came while we waited for the history are seen, and with the group locked nobody comes meanwhile.
  if not found or (
      select count(*) >= {schema}.most_members() or coalesce(bool_or(m.member_id = p_member_id), false)
      from {schema}.members m where m.group_id = join_at_once.group_id) then
    return;
  end if;

  -- The key is held before the row can be seen: nobody ever finds us without it.
  loop
    member_no := nextval('{schema_in_text}.member_no');
    exit when pg_try_advisory_lock({schema}.session_key(), member_no);
  end loop;

  perform setval('{schema_in_text}.fence', nextval('{schema_in_text}.fence') + 1000000 * 1024::bigint);
  insert into {schema}.members (
      member_no, group_id, member_id, status, session_no, lease_ms, grace_ms, pid, pid_start,
      joined_at, attached_at, last_heartbeat, joined_epoch, joined_view, url, metadata, stamp_ms)
    select join_at_once.member_no, join_at_once.group_id, p_member_id, 'up', 1, p_lease_ms, p_grace_ms, a.pid, a.backend_start,
      t.now, t.now, t.now, join_at_once.epoch, v_view + 1, p_url, p_metadata, p_stamp_ms
    from pg_stat_get_activity(pg_backend_pid()) a, clock_timestamp() as t(now)
    returning * into strict me;
  perform {schema}.bump(me.group_id, array[{schema}.change('joined', me, null, null)]);
  session_no := me.session_no;
end
$$;

-- As before, but whoever comes back waits for its own row in the same manner: with nothing of the group locked.
create or replace function {schema}.attach(
  p_group text, p_member integer, p_member_id text, p_url text, p_metadata jsonb, p_seen_epoch bigint, p_seen_view bigint,
  out group_id bigint, out epoch bigint, out session_no integer)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  old {schema}.members;
  me {schema}.members;
  v_behind boolean;
  v_now timestamptz;
  v_is_locked boolean := true;
  v_locked integer; -- the member whose row it is; null: the group's
begin
  for v_attempt in 1..10 loop
    -- By id too: a server that lost history may have given our number to somebody else.
    perform 1 from {schema}.members m where m.member_no = p_member and m.member_id = p_member_id;
    if not found then
      return;
    end if;

    v_locked := null;
    begin
      select o.group_id, o.epoch, o.is_behind into group_id, epoch, v_behind from {schema}.enter_group(p_group, p_seen_epoch, p_seen_view) o;
      v_locked := p_member;
      select * into old from {schema}.members m
        where m.member_no = p_member and m.member_id = p_member_id and m.group_id = attach.group_id for update nowait;
      if not found then
        return;
      end if;

      v_is_locked := false;
      exit;
    exception when lock_not_available then
      exit when not {schema}.await_group(p_group); -- here nothing is locked any more
    end;
  end loop;

  if v_is_locked then
    perform {schema}.refuse_locked(p_group, v_locked, p_member_id);
  end if;

  v_now := clock_timestamp(); -- the same for both: who has not stamped since is known by that (see judge)
  update {schema}.members m
    set session_no = m.session_no + 1, pid = a.pid, pid_start = a.backend_start, lost_at = null, watched = false, steady_since = null,
      attached_at = v_now, last_heartbeat = v_now, url = p_url, metadata = p_metadata,
      status = case when m.status = 'suspect' then 'up' else m.status end
    from pg_stat_get_activity(pg_backend_pid()) a
    where m.member_no = p_member
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

-- As before, but a clock that is set back meanwhile makes no wait longer than it was meant to be.
create or replace function {schema}.wait_lock(
  turnstile bigint, key bigint, is_pair boolean, is_shared boolean, has_turn boolean, keeps boolean, milliseconds integer)
returns bigint
language plpgsql
set search_path = pg_catalog
as $$
declare
  started timestamptz := clock_timestamp();
  high integer := (key >> 32)::integer;
  low integer := ((key << 32) >> 32)::integer;
  reached bigint := 2;
begin
  perform set_config('lock_timeout', milliseconds::text, true);
  begin
    if not has_turn then
      perform pg_advisory_lock(turnstile);
      perform set_config('lock_timeout',
        greatest(1, least(milliseconds, milliseconds - extract(epoch from clock_timestamp() - started) * 1000))::integer::text, true);
    end if;

    if is_pair and is_shared then
      perform pg_advisory_lock_shared(high, low);
    elsif is_pair then
      perform pg_advisory_lock(high, low);
    elsif is_shared then
      perform pg_advisory_lock_shared(key);
    else
      perform pg_advisory_lock(key);
    end if;
  exception when lock_not_available then
    -- The lock may be granted in the very instant in which its timeout is reported, so the error alone proves nothing:
    -- only the server's own list does.
    reached := (
      select coalesce(max(case
          when l.objsubid = case when is_pair then 2 else 1 end
            and l.classid = ((key >> 32) & 4294967295)::oid and l.objid = (key & 4294967295)::oid then 2
          when l.objsubid = 1
            and l.classid = ((turnstile >> 32) & 4294967295)::oid and l.objid = (turnstile & 4294967295)::oid then 1
          else 0
        end), 0)
      from pg_locks l
      where l.locktype = 'advisory' and l.granted and l.pid = pg_backend_pid()
        and l.database = (select d.oid from pg_database d where d.datname = current_database()));
  end;

  if reached = 2 and keeps then
    perform pg_advisory_unlock(turnstile);
    return nextval('{schema_in_text}.fence');
  end if;

  return reached;
end
$$;

-- As before, and with the same bound.
create or replace function {schema}.wait_place(p_turnstile bigint, p_places bigint[], p_has_turn boolean, p_milliseconds integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_left double precision := p_milliseconds;
  v_wait integer;
  v_turn integer := 0;
begin
  if not p_has_turn then
    perform set_config('lock_timeout', greatest(1, p_milliseconds)::text, true);
    begin
      perform pg_advisory_lock(p_turnstile);
    exception when lock_not_available then
      if not {schema}.holds(p_turnstile) then
        return 0;
      end if;
    end;
  end if;

  loop
    for i in 1 .. cardinality(p_places) loop
      if pg_try_advisory_lock(p_places[i]) then
        return 1 + i;
      end if;
    end loop;

    v_left := least(v_left, p_milliseconds - 1000 * extract(epoch from clock_timestamp() - v_began));
    if v_left <= 0 or cardinality(p_places) = 0 then
      return 1;
    end if;

    v_turn := v_turn % cardinality(p_places) + 1;
    v_wait := greatest(1, least(20, v_left));
    v_left := v_left - v_wait; -- each moment counts for what was asked, whatever the clock says
    perform set_config('lock_timeout', v_wait::text, true);
    begin
      perform pg_advisory_lock(p_places[v_turn]);
      return 1 + v_turn;
    exception when lock_not_available then
      if {schema}.holds(p_places[v_turn]) then
        return 1 + v_turn;
      end if;
    end;
  end loop;
end
$$;

-- Rows of connections that are gone, and what those showed: swept away by some of those who come. Skip what somebody else is sweeping: two that
-- delete the same rows in another order would wait for each other.
create function {schema}.sweep() returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  delete from {schema}.connections c where c.ctid in (
    select d.ctid from {schema}.connections d
    where not exists (select from pg_stat_activity a where a.pid = d.pid and (a.backend_start = d.pid_start or a.backend_start is null))
    for update skip locked);
  delete from {schema}.lock_board b where b.ctid in (
    select d.ctid from {schema}.lock_board d
    where not exists (select from pg_stat_activity a where a.pid = d.pid and (a.backend_start = d.pid_start or a.backend_start is null))
    for update skip locked);
end
$$;

-- As before, for programs of earlier versions, but few sweepers are enough for all who come at the same time: each would look at all sessions of
-- the server, and a fleet that starts at once would spend more on that than on joining. One in twenty sweeps all the same, or where somebody
-- always comes within a second nobody ever would. What stays a little longer is shown to nobody (see live_connections, live_locks).
create or replace function {schema}.register_connection(p_kind text, p_group text, p_member_id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if random() < 0.05
    or not exists (select from {schema}.connections c where c.opened_at between clock_timestamp() - interval '1 s' and clock_timestamp()) then
    perform {schema}.sweep();
  end if;

  insert into {schema}.connections (pid, pid_start, kind, group_name, member_id)
    select a.pid, a.backend_start, p_kind, p_group, p_member_id from pg_stat_get_activity(pg_backend_pid()) a
    on conflict (pid, pid_start) do update
      set kind = excluded.kind, group_name = excluded.group_name, member_id = excluded.member_id, opened_at = excluded.opened_at;
end
$$;
