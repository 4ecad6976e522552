-- One slice of standing in line for a lock that another process holds (see WaiterConnection); takes the place of wait_turn.
-- Waits for the turnstile, unless the caller has passed it, and then for the key. 0: neither, 1: the turnstile, 2: both. A caller
-- that keeps the key on its own connection needs the turnstile no longer: it is given back here, and the answer is the grant's
-- fencing number, drawn after the grant. Fencing numbers are never so small.
-- The timeout is caught here, because one that reaches the client writes an ERROR line into the server's log every time.
create function {schema}.wait_lock(
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
        greatest(1, milliseconds - (extract(epoch from clock_timestamp() - started) * 1000)::integer)::text, true);
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
