-- Locks with several holders. Each place is an advisory lock of its own; who holds any of them is a holder. Which keys the places
-- of a name have is the caller's affair.

-- For how many holders each name is used, so that callers who disagree are told. True only while somebody holds a place, hence
-- unlogged.
create unlogged table {schema}.semaphores (
  key bigint not null,
  is_pair boolean not null,
  max_holders integer not null,
  places bigint[] not null,
  primary key (key, is_pair)
);

-- The number of holders that others use this name with while they hold it: 1 for an ordinary lock, 0 when nobody disagrees.
-- Asked once before the first place is taken, because it reads the server's list of locks.
create function {schema}.check_semaphore(p_key bigint, p_is_pair boolean, p_max_holders integer, p_places bigint[]) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  known {schema}.semaphores;
  v_database oid := (select d.oid from pg_database d where d.datname = current_database());
begin
  if exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.database = v_database
      and l.objsubid = case when p_is_pair then 2 else 1 end
      and l.classid = ((p_key >> 32) & 4294967295)::oid and l.objid = (p_key & 4294967295)::oid) then
    return 1;
  end if;

  insert into {schema}.semaphores values (p_key, p_is_pair, p_max_holders, p_places) on conflict do nothing;
  select * into strict known from {schema}.semaphores s where s.key = p_key and s.is_pair = p_is_pair for update;
  if known.max_holders = p_max_holders then
    return 0;
  end if;

  if exists (
    select from pg_locks l join unnest(known.places) as place(bits)
      on l.classid = ((place.bits >> 32) & 4294967295)::oid and l.objid = (place.bits & 4294967295)::oid
    where l.locktype = 'advisory' and l.granted and l.database = v_database and l.objsubid = 1) then
    return known.max_holders;
  end if;

  -- Nobody holds a place any more: a new version of the program may use another number.
  update {schema}.semaphores s set max_holders = p_max_holders, places = p_places where s.key = p_key and s.is_pair = p_is_pair;
  return 0;
end
$$;

-- Takes the first place that is free; no row when none is, or when a process stands in line: then a free place is its. The fencing
-- number is drawn after the grant.
create function {schema}.take_place(p_turnstile bigint, p_places bigint[]) returns table (place integer, fence bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- Nobody who waits is overtaken: the first in line has the turnstile. Shared, so that two that only look do not see each other.
  if not pg_try_advisory_lock_shared(p_turnstile) then
    return;
  end if;

  perform pg_advisory_unlock_shared(p_turnstile);
  for i in 1 .. cardinality(p_places) loop
    if pg_try_advisory_lock(p_places[i]) then
      place := i - 1;
      fence := nextval('{schema_in_text}.fence');
      return next;
      return;
    end if;
  end loop;
end
$$;

-- Whether this session holds a key. A lock may be granted in the very instant in which its timeout is reported: only the server's
-- own list tells. Asking again would be granted once more, and have to be given back twice.
create function {schema}.holds(p_key bigint) returns boolean
language sql volatile set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.pid = pg_backend_pid() and l.objsubid = 1
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.classid = ((p_key >> 32) & 4294967295)::oid and l.objid = (p_key & 4294967295)::oid)
$$;

-- One slice of standing in line for a place (see WaiterConnection). 0: nothing, 1: the turnstile, 2 + i: the turnstile and place i.
-- The first in line cannot wait for several locks at once: it waits for one place after the other, for a moment each, and looks at all
-- of them in between. The timeout is caught here, because one that reaches the client writes an ERROR line into the server's log.
create function {schema}.wait_place(p_turnstile bigint, p_places bigint[], p_has_turn boolean, p_milliseconds integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_end timestamptz := clock_timestamp() + p_milliseconds * interval '1 ms';
  v_left integer := p_milliseconds;
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

    v_left := (extract(epoch from v_end - clock_timestamp()) * 1000)::integer;
    if v_left <= 0 or cardinality(p_places) = 0 then
      return 1;
    end if;

    v_turn := v_turn % cardinality(p_places) + 1;
    perform set_config('lock_timeout', greatest(1, least(20, v_left))::text, true);
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
