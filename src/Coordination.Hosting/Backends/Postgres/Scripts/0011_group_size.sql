-- How many members a group may have. Every view goes to every member, and every verdict looks at all of them: a bound is for accidents, such
-- as a loop that starts members, before they use up the connections of the server.
--
-- Asked where a member comes into being and nowhere else, so it holds for programs of every version. Whoever inserts has locked the
-- group's row: two who come in at the same instant are counted one after the other.
create function {schema}.check_group_size() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_most integer := coalesce(substring(current_setting('coordination.most_members', true) from '^[0-9]{1,6}$')::integer, 1000);
begin
  if (select count(*) from {schema}.members m where m.group_id = new.group_id) >= v_most then
    raise exception using
      errcode = 'CH001',
      message = format('Group ''%s'' has %s members, and takes no more', (select g.name from {schema}.groups g where g.group_id = new.group_id), v_most);
  end if;

  return new;
end
$$;

create trigger check_group_size before insert on {schema}.members for each row execute function {schema}.check_group_size();
