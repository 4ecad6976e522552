-- Seeing a crash when it happens. A member's session holds the first key of its number, its watcher the second; every watcher waits
-- for the session key of the next member in the ring of numbers, a short slice at a time. Who gets the key knows that the session is
-- gone, and asks for a verdict. Verdicts are given here and nowhere else.

-- Whether this member's watcher has held its key: only then does that key, when it is free, say anything.
alter table {schema}.members add column watched boolean not null default false;

-- How much longer than its lease a member may write no heartbeat although it lives: not all write each.
alter table {schema}.members add column stamp_ms integer not null default 0;

-- The watcher's own key. No answer when the member is not living any more. False: its old connection still has the key, or
-- somebody is just looking whether it is free; to be tried again.
create function {schema}.take_watcher_key(p_member integer, p_member_id text) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from {schema}.members m where m.member_no = p_member and m.member_id = p_member_id) then
    return null;
  end if;

  if not pg_try_advisory_lock({schema}.watcher_key(), p_member) then
    return false;
  end if;

  update {schema}.members m set watched = true where m.member_no = p_member and m.member_id = p_member_id and not m.watched;
  return true;
end
$$;

-- One slice of a watcher: waits until the session of the next member in the ring is gone, or the slice is over, and then tells what
-- the group is like. Members that are known to be lost are passed over. The wait is shared, so that many may look at one key, and ends
-- with the statement. Its timeout is caught here, because one that reaches the client is an ERROR in the server's log; a key that was
-- granted in that very instant is given back with the block.
create function {schema}.watch(
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

  select count(*), p_member = 0 or coalesce(bool_or(m.member_no = p_member), false), coalesce(bool_or(m.lost_at is not null), false)
    into members, is_member, has_lost
    from {schema}.members m where m.group_id = p_group;
  if has_lost then
    -- Each lost member is the affair of one watcher, or all would ask for verdicts again and again: of the nearest one before it in the
    -- ring that may accuse it (see judge), else of the nearest.
    has_lost := exists (
      select from {schema}.members m
      where m.group_id = p_group and m.lost_at is not null and m.member_no <> p_member and p_member = coalesce(
        (select w.member_no from {schema}.members w
          where w.group_id = p_group and w.lost_at is null and w.watched
            and w.attached_at < m.last_heartbeat and w.attached_at < clock_timestamp() - m.grace_ms * interval '1 ms'
          order by w.member_no < m.member_no desc, w.member_no desc limit 1),
        (select w.member_no from {schema}.members w
          where w.group_id = p_group and w.lost_at is null and w.watched
          order by w.member_no < m.member_no desc, w.member_no desc limit 1),
        0));
  end if;

  is_session_gone := p_member <> 0 and is_member and pg_try_advisory_xact_lock_shared({schema}.session_key(), p_member);
  select g.epoch, g.view into at_epoch, at_view from {schema}.groups g where g.group_id = p_group;
end
$$;

-- When a process dies, its watcher's key becomes free a little later than its session's: the server looks from time to time whether
-- the client of a blocked session is still there. Waits for that, so that a dead process is told from a broken connection, for all
-- whose session is gone alike. The session keys are only looked at, or this would keep their owners from coming back.
create function {schema}.settle(p_group bigint, p_member integer, p_milliseconds integer) returns void
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
      greatest(1, ceil(extract(epoch from v_end - clock_timestamp()) * 1000))::integer::text, true);
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
-- p_is_settled: the caller is a watcher, which has waited for the keys of the others and may wait a moment for the group. Else nothing
-- here waits, and a member that is found lost for the first time is only noted.
-- Without an answer for at_view the group is being changed by somebody else: ask again.
create function {schema}.judge(
  p_group bigint, p_member integer, p_session integer, p_is_settled boolean,
  out changes integer, out noted integer, out at_epoch bigint, out at_view bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  other {schema}.members;
  v_since timestamptz;
  v_judge text;
  v_silent interval;
  v_grace interval;
  v_lost timestamptz;
  v_is_held boolean;
  v_may_accuse boolean;
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

  if p_member = 0 then
    -- An observer: it has no row and no key, and is asked only how long it has been here. Without its word a group whose last
    -- member has died would stay in its view for ever.
    select a.backend_start, 'an observer' into v_since, v_judge from pg_stat_activity a where a.pid = pg_backend_pid();
  else
    select m.attached_at, format('member %s, number %s', m.member_id, m.member_no) into v_since, v_judge
      from {schema}.members m
      where m.member_no = p_member and m.session_no = p_session and m.group_id = p_group and exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.pid = m.pid and l.granted and l.objsubid = 2
          and l.classid::bigint = {schema}.session_key() and l.objid::bigint = p_member
          and l.database = (select d.oid from pg_database d where d.datname = current_database()));
  end if;

  select g.epoch, g.view into at_epoch, at_view from {schema}.groups g where g.group_id = p_group;
  if v_since is null then
    return;
  end if;

  for other in
    select * from {schema}.members m where m.group_id = p_group and m.member_no <> p_member order by m.member_no
  loop
    v_silent := clock_timestamp() - other.last_heartbeat;
    v_grace := other.grace_ms * interval '1 ms';

    v_is_held := not pg_try_advisory_xact_lock_shared({schema}.session_key(), other.member_no);
    if v_is_held and other.lost_at is null then
      if v_silent > (2 * other.lease_ms + other.stamp_ms) * interval '1 ms' then
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
    v_lost := coalesce(other.lost_at, clock_timestamp());
    v_may_accuse := v_since < clock_timestamp() - v_grace and v_since < other.last_heartbeat;
    v_verdict := case
      when v_may_accuse and other.watched and pg_try_advisory_xact_lock_shared({schema}.watcher_key(), other.member_no) then
        'its session and its watcher are gone, so its process is'
      when v_may_accuse and v_silent > (other.lease_ms + other.stamp_ms) * interval '1 ms' then
        format('no heartbeat for %s s (lease %s s), session gone',
          round(extract(epoch from v_silent)::numeric, 1), trim_scale(round(other.lease_ms / 1000.0, 3)))
      when v_may_accuse and v_lost <= clock_timestamp() - v_grace then
        format('its session broke and was not back within the grace of %s s', trim_scale(round(other.grace_ms / 1000.0, 3)))
      when v_since < clock_timestamp() - v_grace and v_lost <= clock_timestamp() - 3 * v_grace then
        format('its session is gone and was not back within %s s, three times the grace, because nobody saw it go',
          trim_scale(round(3 * other.grace_ms / 1000.0, 3)))
    end;
    if v_verdict is not null then
      noted := noted + 1;
      delete from {schema}.members m where m.member_no = other.member_no;
      v_changes := v_changes || {schema}.change('died', other, nullif(p_member, 0), format('%s; judged by %s', v_verdict, v_judge));
    elsif v_may_accuse and other.status in ('joining', 'up') and (p_is_settled or other.lost_at is not null) then
      noted := noted + 1;
      update {schema}.members m set lost_at = v_lost, status = 'suspect' where m.member_no = other.member_no;
      other.status := 'suspect';
      v_changes := v_changes || {schema}.change('suspected', other, nullif(p_member, 0),
        format('its session broke; dead in %s s unless it is back; seen by %s', trim_scale(round(other.grace_ms / 1000.0, 3)), v_judge));
    elsif other.lost_at is null then
      noted := noted + 1;
      update {schema}.members m set lost_at = v_lost where m.member_no = other.member_no;
    end if;
  end loop;

  changes := cardinality(v_changes);
  if changes > 0 then
    perform {schema}.bump(p_group, v_changes);
    select g.epoch, g.view into at_epoch, at_view from {schema}.groups g where g.group_id = p_group;
  end if;
end
$$;

-- What programs of earlier versions ask for.
create or replace function {schema}.expire(p_group bigint, p_member integer, p_session integer) returns integer
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select j.changes from {schema}.judge(p_group, p_member, p_session, false) j
$$;

-- Goes. Every lock that the session holds is given back before anybody sees it gone; only its own key stays until the connection
-- closes: by then the farewell is committed, and the watcher that gets the key finds nobody to accuse.
create function {schema}.say_farewell(p_member integer, p_session integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  me {schema}.members := {schema}.lock_member(p_member, p_session);
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
  if me.member_no is not null then
    delete from {schema}.members m where m.member_no = p_member;
    perform {schema}.bump(me.group_id, array[{schema}.change('left', me, p_member, 'left in order')]);
  end if;

  return me.member_no is not null;
end
$$;
