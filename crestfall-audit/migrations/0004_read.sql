-- How the log is read: one line for each row, a row's history, a table as it was, and what came since.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- A column of an entry by columns, which is one value where all rows have the same, as an array.
create function audit.of_each(value jsonb, rows integer) returns jsonb
  language sql immutable parallel safe set search_path = '' as $$
  select case jsonb_typeof(value) when 'array' then value
    else (select jsonb_agg(value) from generate_series(1, rows)) end
$$;

-- The images of an entry by columns: a line for each row. Where `old` has null for a column, no row changed it.
create function audit.unfold(old json, new json, rows integer) returns table (before jsonb, after jsonb, place bigint)
  language sql immutable set search_path = '' as $$
  with sides as materialized (select old::jsonb as old, new::jsonb as new)
  select b.image, a.image, coalesce(b.place, a.place)
  from (
    select v.place, jsonb_object_agg(c.key, v.value) as image
    from sides as s cross join lateral jsonb_each(s.old) as c
    cross join lateral jsonb_array_elements(
      audit.of_each(case when c.value = 'null' then s.new -> c.key else c.value end, rows)
    ) with ordinality as v (value, place)
    group by v.place
  ) as b full join (
    select v.place, jsonb_object_agg(c.key, v.value) as image
    from sides as s cross join lateral jsonb_each(s.new) as c
    cross join lateral jsonb_array_elements(audit.of_each(c.value, rows)) with ordinality as v (value, place)
    group by v.place
  ) as a on a.place = b.place
$$;

-- One line for each row that a statement changed, and one for each TRUNCATE, DDL command and event.
create view audit.log as
select s.position + coalesce(i.place, 1) - 1 as position,
       s.at, s.transaction,
       case s.kind
         when 'i' then 'INSERT' when 'u' then 'UPDATE' when 'd' then 'DELETE' when 't' then 'TRUNCATE'
         when 'e' then s.detail ->> 'event' else s.detail ->> 'command'
       end as operation,
       coalesce(r.schema_name, s.detail ->> 'schema') as schema_name,
       coalesce(r.relation_name, s.detail ->> 'identity') as relation_name,
       s.relation as relation_id,
       (select jsonb_object_agg(k, coalesce(i.after, i.before) -> k) from unnest(r.key_columns) as k
        where coalesce(i.after, i.before) is not null) as key,
       i.before, i.after,
       -- Of an update, the columns whose value differs.
       case when s.kind = 'u' then array(
         select n.key from jsonb_each(i.after) as n where n.value is distinct from i.before -> n.key order by n.key
       ) end as changed,
       nullif(split_part(s.context, chr(31), 1), '') as actor, nullif(split_part(s.context, chr(31), 2), '') as session,
       nullif(split_part(s.context, chr(31), 3), '') as api_key,
       nullif(split_part(s.context, chr(31), 4), '') as organisation,
       nullif(split_part(s.context, chr(31), 5), '') as request, nullif(split_part(s.context, chr(31), 6), '') as ip,
       coalesce(nullif(s.role, 'none'), s.login) as role, s.login,
       s.position as statement, s.rows as statement_rows, s.detail
from audit.statements as s
left join audit.relations as r on r.id = s.relation
left join lateral (
  select s.old::jsonb as before, s.new::jsonb as after, 1 as place where s.rows = 1
  union all
  select j.before::jsonb, j.after::jsonb, j.place
  from rows from (
    json_array_elements(case when json_typeof(s.old) = 'array' then s.old end),
    json_array_elements(case when json_typeof(s.new) = 'array' then s.new end)
  ) with ordinality as j (before, after, place)
  where s.rows > 1 and json_typeof(coalesce(s.new, s.old)) = 'array'
  union all
  select u.before, u.after, u.place from audit.unfold(s.old, s.new, s.rows) as u
  where s.rows > 1 and json_typeof(coalesce(s.new, s.old)) = 'object'
) as i on true;

-- The ids under which a table, its partitions and children were ever logged.
create function audit.relation_ids(relation regclass) returns integer[]
  language sql stable set search_path = '' as $$
  with self as (
    select r.id from audit.relations r
    where r.relid = relation
      or (r.schema_name, r.relation_name) in (
        select n.nspname, c.relname from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = relation
      )
  )
  select array(select id from self union select r.id from audit.relations r where r.root in (select id from self))
$$;

create function audit.key_columns_of(relation regclass) returns text[]
  language sql stable set search_path = '' as $$
  select key_columns from audit.relations where id = any (audit.relation_ids(relation))
  order by untracked_at desc nulls first, id desc limit 1
$$;

-- Everything that happened to one row, first things first. The key is the texts of its columns, in the
-- order of the primary key: audit.history('invoices', '5').
create function audit.history(relation regclass, variadic key text[]) returns setof audit.log
  language plpgsql stable set search_path = '' as $$
declare
  ids integer[] := audit.relation_ids(relation);
  columns text[] := audit.key_columns_of(relation);
  wanted text := array_to_string(history.key, chr(31), '');
begin
  if columns is null then
    raise exception '% was never under audit', relation using errcode = 'undefined_object';
  elsif cardinality(columns) <> cardinality(history.key) then
    raise exception 'the key of % has % columns', relation, cardinality(columns) using
      errcode = 'invalid_parameter_value', hint = array_to_string(columns, ', ');
  end if;
  -- Of one row each, by its key; of many, those that have it.
  return query
    select l.* from audit.log as l
    where l.relation_id = any (ids)
      and l.statement in (
        select s.position from audit.statements as s
        where s.relation = any (ids) and cardinality(history.key) = 1 and s.key_hash = hashtext(wanted)
        union all
        select s.position from audit.statements as s where s.relation = any (ids) and s.key_hash is null
      )
      and (l.operation = 'TRUNCATE' or wanted in (
        audit.key_text(l.before, columns), audit.key_text(l.after, columns)))
    order by l.position;
end
$$;

-- A table as it was: select * from audit.as_of(null::invoices, '2026-01-31'). What is there now, with
-- everything undone that was logged later, so it needs the log since then and nothing before. It reads
-- the table with the rights and under the policies of the caller. Masked and omitted columns of rows that
-- changed are null.
create function audit.as_of(relation anyelement, at timestamptz) returns setof anyelement
  language plpgsql stable set search_path = '' as $$
declare
  named regclass := pg_typeof(relation)::text;
  ids integer[] := audit.relation_ids(named);
  columns text[] := audit.key_columns_of(named);
  since timestamptz;
begin
  select min(r.tracked_at) into since from audit.relations r where r.id = any (ids);
  if since is null then
    raise exception '% was never under audit', named using errcode = 'undefined_object';
  elsif at < since then
    raise exception '% is under audit since %', named, since using errcode = 'invalid_parameter_value';
  elsif cardinality(columns) = 0 then
    raise exception '% has no key', named using errcode = 'feature_not_supported';
  elsif exists (select from audit.relations r where r.id = any (ids) and r.untracked_at > as_of.at and not exists (
      select from audit.relations o where o.relid = r.relid and o.tracked_at <= as_of.at and o.untracked_at is null)) then
    raise exception '% was not under audit all the time since then', named using errcode = 'data_exception';
  elsif exists (
    select from audit.statements s where s.relation = any (ids) and s.kind = 't' and s.at > as_of.at
  ) then
    raise exception 'rows of % were truncated since then', named using errcode = 'data_exception';
  end if;
  return query execute format($sql$
    with later as (
      select l.position, k.key, case when k.place = 1 then l.before end as image
      from audit.log as l
      cross join lateral unnest(array[audit.key_text(l.before, $2), audit.key_text(l.after, $2)])
        with ordinality as k (key, place)
      where l.relation_id = any ($1) and l.at > $3 and k.key is not null
    ), first as (
      select distinct on (key) key, image from later order by key, position, image nulls last
    )
    select (jsonb_populate_record(null::%1$s, f.image)).* from first as f where f.image is not null
    union all
    select t.* from %1$s as t
    where not exists (select from first as f where f.key = audit.key_text(to_jsonb(t), $2))
  $sql$, named) using ids, columns, at;
end
$$;

-- Whether a transaction of this database that began to write before this number is still at work, other
-- than the caller's. Those of other databases write nothing here. Who holds no lock on its number has
-- ended, and any later snapshot sees what it did.
create function audit.is_open_before(number xid8) returns boolean
  language sql volatile set search_path = '' as $$
  -- Ages compare numbers that are less than two thousand million apart, as those above the horizon are.
  select number > pg_snapshot_xmin(pg_current_snapshot()) and exists (
    select from pg_catalog.pg_locks l
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
      and age(l.transactionid) > age(number::xid)
      and l.pid is distinct from pg_backend_pid()
      and case when l.pid is null
        then exists (select from pg_catalog.pg_prepared_xacts p
          where p.transaction = l.transactionid and p.database = current_database())
        else exists (select from pg_catalog.pg_stat_activity a join pg_catalog.pg_database d on d.oid = a.datid
          where a.pid = l.pid and d.datname = current_database()) end
  )
$$;

-- Remembers a position and who might still write below it. Only a transaction that has written nothing
-- yet can: its own number must be drawn after the position was read.
create function audit.mark() returns void
  language plpgsql security definer set search_path = '' as $$
declare
  highest bigint;
  known record;
begin
  if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean
    or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')
    or pg_current_xact_id_if_assigned() is not null
  then
    return;
  end if;
  select case when is_called then last_value + 1023 else 0 end into highest from audit.position;
  select * into known from audit.horizon;
  if highest <= known.safe then
    return;
  end if;
  -- Another reader may be at it: then that will do.
  select * into known from audit.horizon for update skip locked;
  if not found then
    return;
  end if;
  if audit.is_open_before(known.pending_until) then
    return;
  end if;
  highest := greatest(highest, known.pending);
  update audit.horizon set safe = known.pending, pending = highest, pending_until = pg_current_xact_id();
  if not audit.is_open_before(pg_current_xact_id()) then
    update audit.horizon set safe = highest;
  end if;
end
$$;

-- The position up to which the caller's statement sees every entry there will ever be. Entries above it
-- may be joined by others below them, of transactions that are still at work.
create function audit.safe_position() returns bigint
  language sql stable security definer set search_path = '' as $$
  select case when pending_until <= pg_snapshot_xmin(pg_current_snapshot()) then pending else safe end
  from audit.horizon
$$;

-- What was logged after a position, first things first: ask again with the last position you got. No
-- entry is ever skipped, in whatever order transactions commit: one becomes visible here when all that
-- may still write below it have ended. So a transaction that writes for an hour holds readers up for an
-- hour, and entries that concern one row come in the order in which they changed it.
create function audit.changes(after bigint default 0, most integer default 1000) returns setof audit.log
  language plpgsql set search_path = '' as $$
declare
  safe bigint;
begin
  perform audit.mark();
  -- A statement of its own, so that it sees what the mark knows of.
  return query
    select l.* from audit.log as l
    where l.position > changes.after and l.position <= audit.safe_position()
      and l.statement > changes.after - 1024
    order by l.statement, l.position limit most;
end
$$;

-- Who may read. Members of crestfall_audit_reader everything; who is signed in what happened in their
-- organisation, when rbac allows `audit:read` there.
alter table audit.statements enable row level security;
alter table audit.relations enable row level security;

create function audit.own_organisation() returns text
  language plpgsql stable set search_path = '' as $$
declare
  told text := current_setting('request.jwt.claims', true);
  decides regprocedure;
  organisation text;
  allowed boolean;
begin
  if told is null or told = '' or to_regnamespace('rbac') is null or not has_schema_privilege('rbac', 'usage') then
    return null;
  end if;
  decides := to_regprocedure('rbac.is_authorized(text, text, uuid)');
  organisation := told::jsonb ->> 'org_id';
  if decides is null or not has_function_privilege(decides, 'execute')
    or organisation is null or organisation !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  then
    return null;
  end if;
  execute 'select rbac.is_authorized($1, null, $2::uuid)' into allowed using 'audit:read', organisation;
  return case when allowed then organisation end;
end
$$;

do $$
declare
  reader text;
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit_reader') then
    create policy readers on audit.statements for select to crestfall_audit_reader using (true);
    create policy readers on audit.relations for select to crestfall_audit_reader using (true);
  end if;
  -- The roles of requests inherit nothing, so service_role, which no policy holds, is named.
  for reader in select rolname from pg_roles where rolname in ('crestfall_audit_reader', 'service_role') loop
    execute format('grant usage on schema audit to %I', reader);
    execute format('grant select on audit.statements, audit.relations, audit.log, audit.seals, audit.signatures, audit.dropped to %I', reader);
  end loop;
  -- Before PostgreSQL 15, a view reads with the rights of its owner.
  if current_setting('server_version_num')::integer >= 150000 then
    alter view audit.log set (security_invoker = true);
    if exists (select from pg_roles where rolname = 'authenticated') then
      create policy own_organisation on audit.statements for select to authenticated
        using (nullif(split_part(context, chr(31), 4), '') = (select audit.own_organisation()));
      create policy own_organisation on audit.relations for select to authenticated
        using ((select audit.own_organisation()) is not null);
      grant usage on schema audit to authenticated;
      grant select on audit.statements, audit.relations, audit.log to authenticated;
    end if;
  end if;
end
$$;
