-- How entries come to be: in the transaction, by triggers for each statement, so that a statement costs
-- one more row, however many it changed.
--
-- Every table under audit has trigger functions of its own, made by audit.track, whose statements are
-- planned once. They run as the owner of the log for whoever writes to the table, so nothing in them may
-- be found by the writer's search_path: to set one for the function would cost as much as the row.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- The columns of a table, so that two tables of the same have the same rows.
create function audit.shape(relation oid) returns text language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(string_agg(format('%I %s', attname, atttypid), ',' order by attnum), '')
    from pg_catalog.pg_attribute where attrelid = relation and attnum > 0 and not attisdropped
  );
end
$$;

-- The images of an entry: the only one, or all in an array.
create function audit.only_or_all(images json) returns json
  language sql immutable parallel safe set search_path = '' as $$
  select case when json_array_length(images) = 1 then images -> 0 else images end
$$;

-- The text of the trigger function for one operation on one table. It has a statement for each number of
-- rows: one, which is most, without an aggregate, which would cost as much as all the rest; then up to as
-- many as go into one entry, by columns, which PostgreSQL writes in half the time of rows; then any, because
-- parting them needs a sort.
--
-- A column may be renamed or dropped at any time without this being made anew: the one row's key is then
-- that of `missing`, null; and columns are named only where audit.shape says that they are still there.
create function audit.capture_source(
  operation text, id integer, key_columns text[], options jsonb, columns text[], types regtype[], shape text
) returns text language plpgsql immutable set search_path = '' as $$
declare
  sides text[] := case operation when 'insert' then '{new}' when 'update' then '{old,new}' else '{old}' end;
  side text;
  most integer := coalesce((options ->> 'rows_per_entry')::integer, 1000);
  omitted text[] := array(select jsonb_array_elements_text(options -> 'omit'));
  masked text[] := array(select jsonb_array_elements_text(options -> 'mask'));
  hides boolean := cardinality(omitted) + cardinality(masked) > 0;
  -- What one row `r` is written as, and its key.
  image text := 'pg_catalog.row_to_json(r.*)';
  key text := 'null::pg_catalog.text';
  missing text := '';
  secret text := '';
  -- The entry's key, null where an update changes it.
  entry_key text := case when operation = 'update'
    then 'case when old.key operator(pg_catalog.=) %s then old.key end' else sides[1] || '.key' end;
  into_log text := format('insert into audit.statements (relation, kind, rows, key_hash, %s) select %s, %L',
    array_to_string(sides, ', '), id, left(operation, 1));
  -- Where equal values are the same text.
  by_array boolean[] := array(
    select type in ('smallint', 'integer', 'bigint', 'boolean', 'uuid', 'text', 'varchar',
      'date', 'timestamp', 'timestamptz')
    from unnest(types) with ordinality as t (type, n) order by n
  );
  one_or_all constant text := 'case when %3$s.c%1$s[1]%2$s operator(pg_catalog.=) all (%3$s.c%1$s)
    then pg_catalog.to_json(%3$s.c%1$s[1]) else pg_catalog.array_to_json(%3$s.c%1$s) end';
  -- For each side a source of its images, and how the entry says them.
  columns_of text[] := '{}';
  parts_of text[] := '{}';
  row_images text[] := '{}';
  column_images text[] := '{}';
  part_images text[] := '{}';
  body text;
begin
  if hides then
    -- Nobody keeps the salt.
    secret := '(select pg_catalog.gen_random_uuid()::pg_catalog.text as salt offset 0) as secret cross join lateral ';
    image := format('audit.masked(pg_catalog.to_jsonb(r.*), %L, %L, secret.salt)::pg_catalog.json', omitted, masked);
  end if;
  if cardinality(key_columns) = 1 then
    -- As the image says it, and as directly as that goes.
    key := format(case when types[array_position(columns, key_columns[1])] in ('smallint', 'integer', 'bigint', 'uuid', 'text', 'varchar') then '%I::pg_catalog.text'
      else 'pg_catalog.to_json(%I) operator(pg_catalog.#>>) ''{}''' end, key_columns[1]);
    missing := format('(select null::pg_catalog.text as %I) as missing cross join lateral ', key_columns[1]);
  end if;
  foreach side in array sides loop
    -- The other side by itself: joined, a thousand rows of both would be planned as a million, for which
    -- PostgreSQL would compile a program.
    row_images := row_images || case when side = sides[1] then side || '.image'
      else format('(select %s from %s_rows as r)', image, side) end;
    -- Of an update most columns stay as they were, and some have one value in all rows: a default, a tenant, a
    -- state. Finding that out of arrays costs a fraction of writing them.
    columns_of := columns_of || format('(select pg_catalog.count(*) as rows%s from (select * from %s_rows limit 1001) as r) as %2$s',
      (select string_agg(format(case when same then ', pg_catalog.array_agg(r.%I) as c%s' else ', pg_catalog.json_agg(r.%I) as c%s' end,
         name, n), '' order by n) from unnest(columns, by_array) with ordinality as c (name, same, n)), side);
    -- As one row of arrays, which is written as it goes; built of texts, each of these would be copied three times.
    column_images := column_images || format('(select pg_catalog.row_to_json(i.*) from (select %s offset 0) as i)',
      (select string_agg(format(case
           when same and side = 'old' and operation = 'update'
             then 'case when old.c%1$s%2$s operator(pg_catalog.<>) new.c%1$s then ' || one_or_all || ' end as %4$I'
           when same then one_or_all || ' as %4$I'
           when side = 'old' and operation = 'update'
             then 'case when old.c%1$s::pg_catalog.text operator(pg_catalog.<>) new.c%1$s::pg_catalog.text then old.c%1$s end as %4$I'
           else '%3$s.c%1$s as %4$I' end, n, case when type in ('text', 'varchar') then ' collate pg_catalog."C"' end, side, name), ', ' order by n)
       from unnest(columns, types, by_array) with ordinality as c (name, type, same, n)));
    parts_of := parts_of || format($f$(
      select (r.place operator(pg_catalog.-) 1) operator(pg_catalog./) %s as part, pg_catalog.count(*) as rows,
        case when pg_catalog.count(*) operator(pg_catalog.=) 1 then pg_catalog.min(r.key) end as key,
        audit.only_or_all(pg_catalog.json_agg(r.image order by r.place)) as images
      from (
        select r.*, pg_catalog.row_number() over () as place
        from %s(select %s as key, %s as image from %s_rows as r) as r
      ) as r
      group by 1
    ) as %5$s$f$, most, missing, key, image, side);
    part_images := part_images || format('%s.images', side);
  end loop;

  body := format($f$
  %1$s, 1, pg_catalog.hashtext(%2$s), %3$s
    from %4$s(select %5$s as key, %6$s as image from %7$s_rows as r) as %7$s
    where not exists (select from %7$s_rows offset 1);
  if found then
    return null;
  end if;$f$,
    into_log, format(entry_key, format('(select %s from new_rows as r)', key)), array_to_string(row_images, ', '), secret || missing, key, image, sides[1]);
  if not hides and most = 1000 and cardinality(columns) between 1 and 50 then
    body := body || format($f$
  if audit.shape(tg_relid) operator(pg_catalog.=) %L then
    %s, %s.rows, null, %s
      from %s
      where %3$s.rows operator(pg_catalog.>) 1 and %3$s.rows operator(pg_catalog.<=) 1000;
    if found then
      return null;
    end if;
  end if;$f$, shape, into_log, sides[1], array_to_string(column_images, ', '), array_to_string(columns_of, ' cross join '));
  end if;
  body := body || format($f$
  %s, %s.rows, pg_catalog.hashtext(%s), %s
    from %s
    order by %2$s.part;$f$, into_log, sides[1], format(entry_key, 'new.key'), array_to_string(part_images, ', '),
    secret || array_to_string(parts_of, ' join lateral ') || case when operation = 'update' then ' on new.part operator(pg_catalog.=) old.part' else '' end);

  return format(E'\n#variable_conflict use_column\nbegin%s\n  return null;\nend\n', body);
end
$$;

-- Makes the trigger function for one operation on one table, and gives its name.
create function audit.make_capture(operation text, id integer, relation oid, key_columns text[], options jsonb)
  returns text language plpgsql security definer set search_path = '' as $$
declare
  name text := format('audit.capture_%s_%s', id, operation);
  columns text[];
  types regtype[];
begin
  select coalesce(array_agg(attname::text order by attnum), '{}'), coalesce(array_agg(atttypid::regtype order by attnum), '{}')
  into columns, types
  from pg_catalog.pg_attribute where attrelid = relation and attnum > 0 and not attisdropped;
  execute format('create or replace function %s() returns trigger language plpgsql security definer as %L', name,
    audit.capture_source(operation, id, key_columns, options, columns, types, audit.shape(relation)));
  -- A trigger of anybody's could forge entries by it.
  execute format('revoke all on function %s() from public', name);
  return name;
end
$$;

create function audit.take_captures(id integer) returns void
  language plpgsql security definer set search_path = '' set client_min_messages = warning as $$
declare
  operation text;
begin
  foreach operation in array array['insert', 'update', 'delete'] loop
    execute format('drop function if exists audit.capture_%s_%s()', id, operation);
  end loop;
end
$$;

-- Arguments: id in audit.relations.
create function audit.capture_truncate() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into audit.statements (relation, kind) values (tg_argv[0]::integer, 't');
  return null;
end
$$;
