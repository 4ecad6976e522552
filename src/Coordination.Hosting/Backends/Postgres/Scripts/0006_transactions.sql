-- What is used inside transactions of the user's own.

-- Waits a slice for a lock that ends with the transaction. A timeout is caught here, so that it does not abort the caller's transaction,
-- and the caller's own lock_timeout is what it was. A lock that is granted in the instant of the timeout goes with the subtransaction.
create function {schema}.wait_in_transaction(p_key bigint, p_is_pair boolean, p_is_shared boolean, p_milliseconds integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_before text := current_setting('lock_timeout');
  v_high integer := (p_key >> 32)::integer;
  v_low integer := ((p_key << 32) >> 32)::integer;
  v_has boolean := true;
begin
  perform set_config('lock_timeout', p_milliseconds::text, true);
  begin
    if p_is_pair and p_is_shared then
      perform pg_advisory_xact_lock_shared(v_high, v_low);
    elsif p_is_pair then
      perform pg_advisory_xact_lock(v_high, v_low);
    elsif p_is_shared then
      perform pg_advisory_xact_lock_shared(p_key);
    else
      perform pg_advisory_xact_lock(p_key);
    end if;
  exception when lock_not_available then
    v_has := false;
  end;

  perform set_config('lock_timeout', v_before, true);
  return v_has;
end
$$;

-- The greatest fencing token that has been at a thing (see FenceGuard). The user's data depend on it, so it is logged like they are.
create table {schema}.fences (
  thing text primary key,
  token bigint not null,
  at timestamptz not null default clock_timestamp()
);
