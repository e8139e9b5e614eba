-- How entries come to be: in the transaction, by triggers for each statement, so that a statement costs
-- one more row, however many it changed.
--
-- These functions run as the owner of the log for whoever writes to a table under audit, so nothing in
-- them may be found by the writer's search_path.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- The images of an entry: the only one, or all in an array.
create function audit.only_or_all(images json) returns json
  language sql immutable parallel safe set search_path = '' as $$
  select case when json_array_length(images) = 1 then images -> 0 else images end
$$;

-- Arguments: id in audit.relations; the key's column, empty where there is none or more than one; how
-- many rows one entry takes at most; the key's columns.
--
-- The first statement of each branch is for one row, because an aggregate would cost as much as all the
-- rest; the second for as many as go into one entry, because parting them needs a sort. Limits are
-- literals: bound ones are planned anew each time. Every name has its schema, because to set search_path
-- for the function would cost as much as the row.
-- Rows in `old_rows` and `new_rows` stand in the same order.
create function audit.capture() returns trigger language plpgsql security definer as $$
declare
  told pg_catalog.text := pg_catalog.current_setting('request.jwt.claims', true);
  claims pg_catalog.jsonb;
  subject pg_catalog.text;
  session pg_catalog.text;
  api_key pg_catalog.text;
  organisation pg_catalog.text;
  id pg_catalog.int4 := tg_argv[0];
  key pg_catalog.text := tg_argv[1];
begin
  if told operator(pg_catalog.<>) '' then
    claims := told;
    subject := claims operator(pg_catalog.->>) 'sub';
    session := claims operator(pg_catalog.->>) 'session_id';
    api_key := claims operator(pg_catalog.->>) 'api_key_id';
    organisation := claims operator(pg_catalog.->>) 'org_id';
  end if;
  if tg_op operator(pg_catalog.=) 'INSERT' then
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, new)
    select id, 'i', 1, pg_catalog.hashtext(s.n operator(pg_catalog.->>) key),
           subject, session, api_key, organisation,
           s.n
    from (select pg_catalog.row_to_json(n) as n from new_rows as n limit 1) as s
    where not exists (select from new_rows offset 1);
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, new)
      select id, 'i', pg_catalog.count(*), subject, session, api_key, organisation,
             pg_catalog.json_agg(s.n)
      from (select n from new_rows as n limit 1001) as s
      having pg_catalog.count(*) operator(pg_catalog.>) 1 and pg_catalog.count(*) operator(pg_catalog.<=) 1000;
    end if;
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, new)
      select id, 'i', pg_catalog.count(*), subject, session, api_key, organisation,
             audit.only_or_all(pg_catalog.json_agg(s.n order by s.place))
      from (select n, pg_catalog.row_number() over () as place from new_rows as n) as s
      group by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000
      order by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000;
    end if;
  elsif tg_op operator(pg_catalog.=) 'UPDATE' then
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, old, new)
    select id, 'u', 1, case when (o.o operator(pg_catalog.->>) key) operator(pg_catalog.=) (n.n operator(pg_catalog.->>) key) then pg_catalog.hashtext(n.n operator(pg_catalog.->>) key) end,
           subject, session, api_key, organisation,
           o.o, n.n
    from (select pg_catalog.row_to_json(o) as o from old_rows as o limit 1) as o,
         (select pg_catalog.row_to_json(n) as n from new_rows as n limit 1) as n
    where not exists (select from new_rows offset 1);
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, old, new)
      select id, 'u', o.rows, subject, session, api_key, organisation,
             o.images, n.images
      from (select pg_catalog.count(*) as rows, pg_catalog.json_agg(s.o) as images from (select o from old_rows as o limit 1001) as s) as o,
           (select pg_catalog.json_agg(s.n) as images from (select n from new_rows as n limit 1001) as s) as n
      where o.rows operator(pg_catalog.>) 1 and o.rows operator(pg_catalog.<=) 1000;
    end if;
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, old, new)
      select id, 'u', o.rows, subject, session, api_key, organisation,
             audit.only_or_all(o.images), audit.only_or_all(n.images)
      from (
        select (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000 as part, pg_catalog.count(*) as rows, pg_catalog.json_agg(s.o order by s.place) as images
        from (select o, pg_catalog.row_number() over () as place from old_rows as o) as s
        group by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000
      ) as o
      join (
        select (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000 as part, pg_catalog.json_agg(s.n order by s.place) as images
        from (select n, pg_catalog.row_number() over () as place from new_rows as n) as s
        group by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000
      ) as n on n.part operator(pg_catalog.=) o.part
      order by o.part;
    end if;
  else
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, old)
    select id, 'd', 1, pg_catalog.hashtext(s.o operator(pg_catalog.->>) key),
           subject, session, api_key, organisation,
           s.o
    from (select pg_catalog.row_to_json(o) as o from old_rows as o limit 1) as s
    where not exists (select from old_rows offset 1);
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, old)
      select id, 'd', pg_catalog.count(*), subject, session, api_key, organisation,
             pg_catalog.json_agg(s.o)
      from (select o from old_rows as o limit 1001) as s
      having pg_catalog.count(*) operator(pg_catalog.>) 1 and pg_catalog.count(*) operator(pg_catalog.<=) 1000;
    end if;
    if not found then
      insert into audit.statements (relation, kind, rows, actor, session, api_key, organisation, old)
      select id, 'd', pg_catalog.count(*), subject, session, api_key, organisation,
             audit.only_or_all(pg_catalog.json_agg(s.o order by s.place))
      from (select o, pg_catalog.row_number() over () as place from old_rows as o) as s
      group by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000
      order by (s.place operator(pg_catalog.-) 1) operator(pg_catalog./) 1000;
    end if;
  end if;
  return null;
end
$$;

-- The same for tables with columns that are masked or left out: the arguments, then the columns that are
-- left out and those that are masked.
create function audit.capture_masked() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  told text := current_setting('request.jwt.claims', true);
  claims jsonb;
  id integer := tg_argv[0];
  key text := tg_argv[1];
  most integer := tg_argv[2];
  omitted text[] := tg_argv[4];
  masked text[] := tg_argv[5];
  salt text := gen_random_uuid()::text;
begin
  if told <> '' then
    claims := told;
  end if;
  if tg_op = 'INSERT' then
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, new)
    select id, 'i', count(*), case when count(*) = 1 then hashtext(jsonb_agg(s.n) -> 0 ->> key) end,
           claims ->> 'sub', claims ->> 'session_id', claims ->> 'api_key_id', claims ->> 'org_id',
           audit.only_or_all(json_agg(audit.masked(s.n, omitted, masked, salt) order by s.place))
    from (select to_jsonb(n) as n, row_number() over () as place from new_rows as n) as s
    group by (s.place - 1) / most
    order by (s.place - 1) / most;
  elsif tg_op = 'UPDATE' then
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, old, new)
    select id, 'u', count(*),
           case when count(*) = 1 and jsonb_agg(o.o) -> 0 ->> key = jsonb_agg(n.n) -> 0 ->> key
             then hashtext(jsonb_agg(o.o) -> 0 ->> key) end,
           claims ->> 'sub', claims ->> 'session_id', claims ->> 'api_key_id', claims ->> 'org_id',
           audit.only_or_all(json_agg(audit.masked(o.o, omitted, masked, salt) order by o.place)),
           audit.only_or_all(json_agg(audit.masked(n.n, omitted, masked, salt) order by o.place))
    from (select to_jsonb(o) as o, row_number() over () as place from old_rows as o) as o
    join (select to_jsonb(n) as n, row_number() over () as place from new_rows as n) as n on n.place = o.place
    group by (o.place - 1) / most
    order by (o.place - 1) / most;
  else
    insert into audit.statements (relation, kind, rows, key_hash, actor, session, api_key, organisation, old)
    select id, 'd', count(*), case when count(*) = 1 then hashtext(jsonb_agg(s.o) -> 0 ->> key) end,
           claims ->> 'sub', claims ->> 'session_id', claims ->> 'api_key_id', claims ->> 'org_id',
           audit.only_or_all(json_agg(audit.masked(s.o, omitted, masked, salt) order by s.place))
    from (select to_jsonb(o) as o, row_number() over () as place from old_rows as o) as s
    group by (s.place - 1) / most
    order by (s.place - 1) / most;
  end if;
  return null;
end
$$;

-- Arguments: id in audit.relations.
create function audit.capture_truncate() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  told text := current_setting('request.jwt.claims', true);
  claims jsonb;
begin
  if told <> '' then
    claims := told;
  end if;
  insert into audit.statements (relation, kind, actor, session, api_key, organisation)
  values (tg_argv[0]::integer, 't', claims ->> 'sub', claims ->> 'session_id', claims ->> 'api_key_id',
          claims ->> 'org_id');
  return null;
end
$$;
