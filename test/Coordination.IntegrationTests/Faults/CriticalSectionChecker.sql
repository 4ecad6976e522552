-- A witness that knows nothing of the code under test: it sees who says to be in which section, over connections of its own.
create schema checker;

-- Who is in the section now, by the backend that said so. fence is the highest token ever seen.
create table checker.section
(
    name text primary key,
    holder_pid int,
    holder_start timestamptz,
    holder_app text,
    fence bigint not null default 0,
    visits bigint not null default 0
) with (fillfactor = 50);

-- A fault is an accusation until the accuser has confirmed it: a process that was killed just after it sent its "enter" may be
-- heard after its lock has gone to somebody else, and the dead confirm nothing.
create table checker.fault
(
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    kind text not null,
    name text not null,
    token bigint not null,
    fence bigint not null,
    other_pid int,
    other_start timestamptz,
    accuser_app text not null default current_setting('application_name'),
    other_app text,
    verdict text not null default 'unconfirmed'
);

-- Whoever breaks something says so before: a process that is frozen, or whose sessions are ended on the server, cannot know in that
-- instant that its locks are somebody else's. What it does then is what tokens are for, and no fault of the locks.
create table checker.excuse
(
    app text not null,
    since timestamptz not null default clock_timestamp(),
    until timestamptz not null
);

create function checker.is_excused(an_app text, a_moment timestamptz) returns boolean stable language sql as
    $$ select exists (select from checker.excuse e where e.app = an_app and a_moment between e.since and e.until) $$;

create function checker.me_start() returns timestamptz stable language sql as
    $$ select backend_start from pg_stat_get_activity(pg_backend_pid()) $$;

-- Null, or the id of an accusation that the caller must confirm while it is still inside.
create function checker.enter(a_name text, a_token bigint, a_start timestamptz) returns bigint language plpgsql as
$$
declare
    s checker.section;
    kind text;
    accusation bigint;
begin
    select * into strict s from checker.section where name = a_name for update;
    kind := case
        when a_token <= s.fence then 'token not rising'
        when s.holder_pid is not null then 'overlap'
    end;
    if kind is not null then
        insert into checker.fault (kind, name, token, fence, other_pid, other_start, other_app)
        values (kind, a_name, a_token, s.fence, s.holder_pid, s.holder_start, s.holder_app)
        returning id into accusation;
    end if;
    update checker.section
    set holder_pid = pg_backend_pid(), holder_start = a_start, holder_app = current_setting('application_name'), fence = greatest(fence, a_token), visits = visits + 1
    where name = a_name;
    return accusation;
end
$$;

create function checker.leave(a_name text, a_token bigint, a_start timestamptz) returns bigint language plpgsql as
$$
declare
    s checker.section;
    accusation bigint;
begin
    select * into strict s from checker.section where name = a_name for update;
    if s.holder_pid is distinct from pg_backend_pid() or s.holder_start is distinct from a_start or s.fence <> a_token then
        insert into checker.fault (kind, name, token, fence, other_pid, other_start, other_app)
        values ('somebody came in', a_name, a_token, s.fence, s.holder_pid, s.holder_start, s.holder_app)
        returning id into accusation;
        return accusation;
    end if;
    update checker.section set holder_pid = null, holder_start = null where name = a_name;
    return null;
end
$$;

-- A holder that knows that its lock is lost takes its name off the door and says nothing else.
create function checker.abandon(a_name text, a_token bigint, a_start timestamptz) returns bigint language sql as
$$
    update checker.section set holder_pid = null, holder_start = null
    where name = a_name and holder_pid = pg_backend_pid() and holder_start = a_start and fence = a_token;
    select null::bigint
$$;

-- Whoever is alive a second later was really inside together with the caller. The second is for the dying: the server frees the
-- locks of a killed process and ends its other sessions in no fixed order, some milliseconds apart.
-- A token that does not rise is a fault whoever is dead by now, unless the accuser says that its lock is gone and was excused: a
-- process that was frozen between its grant and its "enter" speaks with the token of then, which is what the token is for.
create function checker.confirm(an_id bigint, is_still_held boolean) returns text language plpgsql as
$$
declare
    f checker.fault;
    outcome text := 'confirmed';
begin
    select * into strict f from checker.fault where id = an_id;
    if f.kind = 'token not rising' then
        if not is_still_held and checker.is_excused(f.accuser_app, f.at) then
            outcome := 'fenced';
        end if;
    elsif checker.is_excused(f.other_app, f.at) or checker.is_excused(f.accuser_app, f.at) then
        outcome := 'excused';
    elsif f.other_pid is not null then
        for i in 1..100 loop
            perform pg_stat_clear_snapshot();
            if not exists (select from pg_stat_get_activity(f.other_pid) where backend_start = f.other_start) then
                outcome := 'the other was dead';
                exit;
            end if;
            perform pg_sleep(0.01);
        end loop;
    end if;
    update checker.fault set verdict = outcome where id = an_id;
    return outcome;
end
$$;
