-- What sessions show of themselves and of their locks, for people and for finding deadlocks. The server knows keys and process
-- ids; names of locks and members are known to nobody else. Nothing here decides anything about a lock. Unlogged: it is true
-- only while the sessions live, and a crash of the server ends them all.

create unlogged table {schema}.connections (
  pid integer not null,
  pid_start timestamptz not null,
  -- What the connection is for: the member's session, or waiting for locks.
  kind text not null check (kind in ('session', 'waiter', 'watcher')),
  group_name text not null,
  member_id text not null,
  opened_at timestamptz not null default clock_timestamp(),
  primary key (pid, pid_start)
);

create unlogged table {schema}.lock_board (
  pid integer not null,
  pid_start timestamptz not null,
  note_no bigint not null,
  group_name text not null,
  member_id text not null,
  key bigint not null,
  is_pair boolean not null,
  name text not null,
  mode text not null,
  is_waiting boolean not null,
  since timestamptz not null,
  token bigint not null,
  reason text,
  -- Of one that waits: the keys that its flow holds meanwhile, as {"key": …, "isPair": …}.
  holds jsonb not null,
  primary key (pid, pid_start, note_no)
);

-- What belongs to sessions that are there. A process id alone may belong to somebody else by now; of another role's sessions the
-- server does not tell the start.
create view {schema}.live_locks as
  select b.* from {schema}.lock_board b
  join pg_catalog.pg_stat_activity a on a.pid = b.pid and (a.backend_start = b.pid_start or a.backend_start is null);

create view {schema}.live_connections as
  select c.* from {schema}.connections c
  join pg_catalog.pg_stat_activity a on a.pid = c.pid and (a.backend_start = c.pid_start or a.backend_start is null);

-- A connection of ours says whose it is; rows of those that are gone are swept away by whoever comes next.
create function {schema}.register_connection(p_kind text, p_group text, p_member_id text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- Skip what somebody else is sweeping: two that delete the same rows in another order would wait for each other.
  delete from {schema}.connections c where c.ctid in (
    select d.ctid from {schema}.connections d
    where not exists (select from pg_stat_activity a where a.pid = d.pid and (a.backend_start = d.pid_start or a.backend_start is null))
    for update skip locked);
  delete from {schema}.lock_board b where b.ctid in (
    select d.ctid from {schema}.lock_board d
    where not exists (select from pg_stat_activity a where a.pid = d.pid and (a.backend_start = d.pid_start or a.backend_start is null))
    for update skip locked);
  insert into {schema}.connections (pid, pid_start, kind, group_name, member_id)
    select a.pid, a.backend_start, p_kind, p_group, p_member_id from pg_stat_activity a where a.pid = pg_backend_pid()
    on conflict do nothing;
end
$$;

create function {schema}.show_locks(p_group text, p_member_id text, p_shown jsonb, p_gone bigint[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_start timestamptz;
begin
  select a.backend_start into v_start from pg_stat_activity a where a.pid = pg_backend_pid();
  delete from {schema}.lock_board b where b.pid = pg_backend_pid() and b.pid_start = v_start and b.note_no = any(p_gone);
  insert into {schema}.lock_board
    select pg_backend_pid(), v_start, s."id", p_group, p_member_id, s."key", s."isPair", s."name", s."mode", s."isWaiting",
      clock_timestamp() - s."ageMs" * interval '1 ms', s."token", s."reason", s."holds"
    from jsonb_to_recordset(p_shown) as s(
      "id" bigint, "key" bigint, "isPair" boolean, "name" text, "mode" text, "isWaiting" boolean, "ageMs" bigint,
      "token" bigint, "reason" text, "holds" jsonb)
    on conflict (pid, pid_start, note_no) do update
      set is_waiting = excluded.is_waiting, since = excluded.since, token = excluded.token, holds = excluded.holds;
end
$$;
