-- What is under audit: audit.track, audit.untrack, and what follows a table through its life.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- What the options of audit.track must be; tells what is wrong with them.
create function audit.check_options(relation regclass, options jsonb) returns void
  language plpgsql stable set search_path = '' as $$
declare
  option text;
  one text;
begin
  if jsonb_typeof(options) <> 'object' then
    raise exception 'the options are no JSON object' using errcode = 'invalid_parameter_value';
  end if;
  for option in select jsonb_object_keys(options) loop
    case
      when option in ('mask', 'omit', 'key') then
        if jsonb_typeof(options -> option) <> 'array' then
          raise exception 'the option "%" is no array of columns', option using errcode = 'invalid_parameter_value';
        end if;
        for one in select jsonb_array_elements_text(options -> option) loop
          if not exists (
            select from pg_catalog.pg_attribute
            where attrelid = relation and attname = one and attnum > 0 and not attisdropped
          ) then
            raise exception '% has no column "%", which the option "%" names', relation, one, option
              using errcode = 'undefined_column';
          end if;
        end loop;
      when option = 'operations' then
        for one in select jsonb_array_elements_text(options -> option) loop
          if one not in ('insert', 'update', 'delete', 'truncate') then
            raise exception '"%" is no operation', one using
              errcode = 'invalid_parameter_value', hint = 'insert, update, delete and truncate are.';
          end if;
        end loop;
      when option = 'rows_per_entry' then
        if (options ->> option)::integer not between 1 and 1000 then
          raise exception 'rows_per_entry is not from 1 to 1000' using errcode = 'invalid_parameter_value';
        end if;
      else
        raise exception 'there is no option "%"', option using
          errcode = 'invalid_parameter_value',
          hint = 'mask, omit, key, operations and rows_per_entry are.';
    end case;
  end loop;
  if exists (
    select jsonb_array_elements_text(options -> 'key')
    intersect (select jsonb_array_elements_text(options -> 'omit') union select jsonb_array_elements_text(options -> 'mask'))
  ) then
    raise exception 'a column of the key is masked or left out' using errcode = 'invalid_parameter_value';
  end if;
end
$$;

-- The columns that name a row: of the options, else of the primary key without what is hidden.
create function audit.key_columns(relation regclass, options jsonb) returns text[]
  language sql stable set search_path = '' as $$
  select case when options ? 'key' then array(select jsonb_array_elements_text(options -> 'key'))
    else coalesce((
      select case when bool_or(options -> 'mask' ? a.attname or options -> 'omit' ? a.attname) is not true
        then array_agg(a.attname::text order by k.place) end
      from pg_catalog.pg_index as i
      cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
      join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = relation and i.indisprimary
    ), '{}') end
$$;

-- Puts the triggers on one table, in place of those that are there.
create function audit.put_triggers(relation regclass, id integer, key_columns text[], options jsonb) returns void
  language plpgsql set search_path = '' as $$
declare
  operation text;
begin
  perform audit.take_triggers(relation, id);
  foreach operation in array array['insert', 'update', 'delete', 'truncate'] loop
    continue when options ? 'operations' and not options -> 'operations' ? operation;
    execute format('create trigger crestfall_audit_%1$s after %1$s on %2$s %3$s for each statement execute function %4$s',
      operation, relation,
      case operation
        when 'insert' then 'referencing new table as new_rows'
        when 'update' then 'referencing old table as old_rows new table as new_rows'
        when 'delete' then 'referencing old table as old_rows'
      end,
      case when operation = 'truncate' then format('audit.capture_truncate(%s)', id)
        else audit.make_capture(operation, id, relation, key_columns, options) || '()' end);
    -- Also while session_replication_role is `replica`.
    execute format('alter table %s enable always trigger crestfall_audit_%s', relation, operation);
  end loop;
end
$$;

create function audit.take_triggers(relation regclass, id integer) returns void language plpgsql set search_path = '' as $$
declare
  name text;
begin
  for name in
    select tgname from pg_catalog.pg_trigger
    where tgrelid = relation and not tgisinternal and tgname like 'crestfall\_audit\_%'
  loop
    execute format('drop trigger %I on %s', name, relation);
  end loop;
  perform audit.take_captures(id);
end
$$;

-- Puts one table of a tree under audit: its own triggers fire for statements that name it, and those of
-- `root` for statements that name that.
create function audit.track_one(relation regclass, root integer, options jsonb) returns integer
  language plpgsql set search_path = '' as $$
declare
  keys text[] := audit.key_columns(relation, options);
  found integer;
begin
  update audit.relations r
  set options = track_one.options, key_columns = keys, root = track_one.root, shape = audit.shape(relation),
      schema_name = n.nspname, relation_name = c.relname
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.relid = relation and c.oid = relation and r.untracked_at is null
  returning r.id into found;
  if found is null then
    insert into audit.relations (relid, schema_name, relation_name, root, key_columns, options, shape)
    select relation, n.nspname, c.relname, track_one.root, keys, track_one.options, audit.shape(relation)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = relation
    returning id into found;
  end if;
  perform audit.put_triggers(relation, found, keys, options);
  return found;
end
$$;

-- Puts a table under audit, or changes how it is; with its partitions and children. Gives its id.
--   mask            columns of whose values only a changing digest is kept
--   omit            columns that are left out
--   key             columns that name a row, where there is no primary key
--   operations      of insert, update, delete, truncate; all
--   rows_per_entry  how many rows one entry takes at most, 1 to 1000; less for rows of megabytes
create function audit.track(relation regclass, options jsonb default '{}') returns integer
  language plpgsql set search_path = '' as $$
declare
  kind "char";
  persistence "char";
  space text;
  id integer;
  child regclass;
begin
  select c.relkind, c.relpersistence, n.nspname into kind, persistence, space
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
  if kind not in ('r', 'p') then
    raise exception '% is no table', relation using errcode = 'wrong_object_type';
  end if;
  if persistence = 't' or space in ('audit', 'pg_catalog', 'information_schema') then
    raise exception '% cannot be under audit', relation using errcode = 'feature_not_supported';
  end if;
  perform audit.check_options(relation, options);
  id := audit.track_one(relation, null, options);
  for child in select audit.descendants(relation) loop
    perform audit.track_one(child, id, options);
  end loop;
  return id;
end
$$;

create function audit.descendants(relation regclass) returns setof regclass
  language sql stable set search_path = '' as $$
  with recursive below as (
    select inhrelid from pg_catalog.pg_inherits where inhparent = relation
    union select i.inhrelid from pg_catalog.pg_inherits i join below on i.inhparent = below.inhrelid
  )
  select inhrelid::regclass from below join pg_catalog.pg_class c on c.oid = inhrelid where c.relkind in ('r', 'p')
$$;

-- Ends it. What was logged stays. False when the table was not under audit.
create function audit.untrack(relation regclass) returns boolean language plpgsql set search_path = '' as $$
declare
  one record;
  ended integer := 0;
begin
  for one in
    update audit.relations set untracked_at = now()
    where untracked_at is null and (relid = relation or relid in (select audit.descendants(relation)))
    returning relid, id
  loop
    perform audit.take_triggers(one.relid, one.id);
    ended := ended + 1;
  end loop;
  return ended > 0;
end
$$;

-- Tables under audit, and what keeps their log from being whole. `problem` is null where all is well.
create function audit.status() returns table (
  relation text, root text, options jsonb, tracked_at timestamptz, problem text
) language sql stable set search_path = '' as $$
  with tracked as (
    select r.*, c.oid as exists_as, n.nspname as now_schema, c.relname as now_name,
           audit.key_columns(c.oid, r.options) as now_keys
    from audit.relations r
    left join pg_catalog.pg_class c on c.oid = r.relid
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where r.untracked_at is null
  ), wanted as (
    select t.id, t.relid, o as operation from tracked t,
    unnest(array['insert', 'update', 'delete', 'truncate']) as o
    where not t.options ? 'operations' or t.options -> 'operations' ? o
  ), missing as (
    select w.id, string_agg(w.operation, ', ') as operations from wanted w
    left join pg_catalog.pg_trigger g on g.tgrelid = w.relid and g.tgname = 'crestfall_audit_' || w.operation
      and g.tgenabled = 'A'
    where g.oid is null group by w.id
  )
  select coalesce(t.exists_as::regclass::text, format('%I.%I', t.schema_name, t.relation_name)),
         (select format('%I.%I', p.schema_name, p.relation_name) from audit.relations p where p.id = t.root),
         t.options, t.tracked_at,
         case
           when t.exists_as is null then 'the table is gone'
           when m.operations is not null then 'triggers are missing or disabled: ' || m.operations
           when (t.now_schema, t.now_name) is distinct from (t.schema_name::name, t.relation_name::name)
             then format('it was %I.%I', t.schema_name, t.relation_name)
           when t.now_keys is distinct from t.key_columns then 'its key has changed'
         end
  from tracked t left join missing m on m.id = t.id
  union all
  select d::text, format('%I.%I', r.schema_name, r.relation_name), r.options, null, 'a partition that is not under audit'
  from audit.relations r cross join lateral audit.descendants(r.relid) as d
  where r.untracked_at is null and r.root is null
    and not exists (select from audit.relations o where o.relid = d and o.untracked_at is null)
  order by 1
$$;

-- Makes it right again: names, keys, triggers, partitions, tables that came back from a dump under
-- another id. Gives what it did.
create function audit.refresh() returns setof text language plpgsql set search_path = '' as $$
declare
  one record;
begin
  for one in
    select r.id, r.schema_name, r.relation_name, c.oid as found
    from audit.relations r
    left join pg_catalog.pg_namespace n on n.nspname = r.schema_name
    left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = r.relation_name
      and c.relkind in ('r', 'p')
    where r.untracked_at is null and not exists (select from pg_catalog.pg_class where oid = r.relid)
  loop
    if one.found is null then
      update audit.relations set untracked_at = now() where id = one.id;
      perform audit.take_captures(one.id);
      return next format('%I.%I is gone', one.schema_name, one.relation_name);
    else
      update audit.relations set relid = one.found where id = one.id;
      return next format('%I.%I has another id', one.schema_name, one.relation_name);
    end if;
  end loop;
  for one in select s.relation, s.problem, r.options, r.root
    from audit.status() s join audit.relations r on r.relid = s.relation::regclass and r.untracked_at is null
    where s.problem is not null and s.tracked_at is not null
  loop
    perform audit.track_one(one.relation, one.root, one.options);
    return next format('%s: %s', one.relation, one.problem);
  end loop;
  for one in
    select r.relid::regclass as relation, r.options, r.root from audit.relations r
    where r.untracked_at is null and r.shape <> audit.shape(r.relid) and r.relid in (select oid from pg_catalog.pg_class)
  loop
    perform audit.track_one(one.relation, one.root, one.options);
    return next format('%s: its columns have changed', one.relation);
  end loop;
  for one in select d as child, r.id, r.options
    from audit.relations r cross join lateral audit.descendants(r.relid) as d
    where r.untracked_at is null and r.root is null
      and not exists (select from audit.relations o where o.relid = d and o.untracked_at is null)
  loop
    perform audit.track_one(one.child, one.id, one.options);
    return next format('%s is under audit with its parent', one.child);
  end loop;
end
$$;
