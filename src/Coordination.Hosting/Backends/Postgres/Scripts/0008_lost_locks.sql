-- The locks that members lost while they held them, for people. Each process tells of its own when it is back, so the group's
-- history has them also where the one that is asked lost nothing. Logged: a crash of the server is a time when locks are lost.

create table {schema}.lost_locks (
  lost_no bigint generated always as identity primary key,
  group_name text not null,
  member_id text not null,
  at timestamptz not null,
  name text not null,
  token bigint not null,
  reason text not null
);

create index lost_locks_group on {schema}.lost_locks (group_name, lost_no);

-- The newest two hundred of a group stay.
create function {schema}.tell_lost(p_group text, p_member_id text, p_lost jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  insert into {schema}.lost_locks (group_name, member_id, at, name, token, reason)
    select p_group, p_member_id, clock_timestamp() - l."ageMs" * interval '1 ms', l."name", l."token", l."reason"
    from jsonb_to_recordset(p_lost) as l("name" text, "token" bigint, "ageMs" bigint, "reason" text);
  -- Skip what somebody else is sweeping: two that delete the same rows in another order would wait for each other.
  delete from {schema}.lost_locks d where d.ctid in (
    select o.ctid from {schema}.lost_locks o
    where o.group_name = p_group
      and o.lost_no <= (select n.lost_no from {schema}.lost_locks n where n.group_name = p_group order by n.lost_no desc offset 200 limit 1)
    for update skip locked);
end
$$;
