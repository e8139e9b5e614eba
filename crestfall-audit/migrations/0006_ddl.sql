-- DDL. Event triggers see it, and only a superuser may make those: audit.track_ddl says so when it cannot.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- Logs what a DDL command did, except to temporary objects. Its text is not kept: it may hold passwords.
create function audit.capture_ddl() returns event_trigger
  language plpgsql security definer set search_path = '' as $$
begin
  if tg_event = 'sql_drop' then
    insert into audit.statements (relation, kind, detail)
    select r.id, 'x',
           jsonb_build_object('command', tg_tag, 'type', o.object_type, 'schema', o.schema_name, 'identity', o.object_identity)
    from pg_event_trigger_dropped_objects() as o
    left join audit.relations r on r.relid = o.objid and o.objsubid = 0 and r.untracked_at is null
    -- What went with it is told by it, but for triggers of the log, which anybody might take for a detail.
    where not o.is_temporary and (o.original or o.object_name like 'crestfall\_audit\_%')
      and o.schema_name is distinct from 'audit';
    update audit.relations r set untracked_at = now()
    from pg_event_trigger_dropped_objects() as o
    where o.objid = r.relid and o.classid = 'pg_catalog.pg_class'::regclass and o.objsubid = 0 and r.untracked_at is null;
  else
    insert into audit.statements (relation, kind, detail)
    select r.id, 'c',
           jsonb_build_object('command', o.command_tag, 'type', o.object_type, 'schema', o.schema_name, 'identity', o.object_identity)
    from pg_event_trigger_ddl_commands() as o
    left join audit.relations r on r.relid = o.objid and o.classid = 'pg_catalog.pg_class'::regclass and r.untracked_at is null
    where o.schema_name is distinct from 'pg_temp' and o.schema_name is distinct from 'audit' and not o.in_extension;
    -- A table keeps its log under its new name.
    update audit.relations r
    set schema_name = n.nspname, relation_name = c.relname
    from pg_event_trigger_ddl_commands() as o
    join pg_catalog.pg_class c on c.oid = o.objid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where o.classid = 'pg_catalog.pg_class'::regclass and r.relid = o.objid and r.untracked_at is null
      and (r.schema_name, r.relation_name) is distinct from (n.nspname::text, c.relname::text);
  end if;
end
$$;

-- New partitions of a table under audit are so too, when whoever makes them may see to it.
create function audit.follow_ddl() returns event_trigger language plpgsql as $$
declare
  one record;
begin
  for one in
    select d.objid::regclass as child from pg_event_trigger_ddl_commands() as d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.command_tag in ('CREATE TABLE', 'ALTER TABLE')
      and audit.lacks_triggers(d.objid)
  loop
    if has_function_privilege('audit.refresh()', 'execute') then
      perform audit.refresh();
      return;
    end if;
    raise warning '% belongs to a table under audit, and is not', one.child using hint = 'Run: crestfall audit refresh';
  end loop;
end
$$;

-- Whether a table below this one, or it, should be under audit with its parent and is not.
create function audit.lacks_triggers(relation oid) returns boolean
  language sql stable security definer set search_path = '' as $$
  select exists (
    select from audit.relations r cross join lateral audit.descendants(r.relid) as d
    where r.untracked_at is null and r.root is null and (d = relation or r.relid = relation)
      and not exists (select from audit.relations o where o.relid = d and o.untracked_at is null)
  )
$$;

-- Whether DDL is logged after this. False when the caller may not see to it: then a superuser is to run
-- `select audit.track_ddl()`.
create function audit.track_ddl() returns boolean language plpgsql as $$
begin
  if exists (select from pg_catalog.pg_event_trigger where evtname = 'crestfall_audit_ddl') then
    return true;
  end if;
  create event trigger crestfall_audit_ddl on ddl_command_end execute function audit.capture_ddl();
  create event trigger crestfall_audit_drop on sql_drop execute function audit.capture_ddl();
  create event trigger crestfall_audit_follow on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE')
    execute function audit.follow_ddl();
  alter event trigger crestfall_audit_ddl enable always;
  alter event trigger crestfall_audit_drop enable always;
  return true;
exception when insufficient_privilege then
  return false;
end
$$;

create function audit.untrack_ddl() returns void language plpgsql as $$
begin
  drop event trigger if exists crestfall_audit_ddl;
  drop event trigger if exists crestfall_audit_drop;
  drop event trigger if exists crestfall_audit_follow;
end
$$;

-- What nobody was given, nobody has.
revoke all on all functions in schema audit from public;
-- Whoever makes a table runs these.
grant execute on function audit.follow_ddl(), audit.lacks_triggers(oid) to public;
grant usage on schema audit to public;
do $$
declare
  reader text;
begin
  for reader in select rolname from pg_roles where rolname in ('crestfall_audit_reader', 'service_role', 'authenticated') loop
    -- See 0004: before PostgreSQL 15 the view knows no policies.
    continue when reader = 'authenticated' and current_setting('server_version_num')::integer < 150000;
    execute format('grant execute on function audit.key_text(jsonb, text[]), audit.relation_ids(regclass),
      audit.key_columns_of(regclass), audit.history(regclass, text[]), audit.as_of(anyelement, timestamptz),
      audit.mark(), audit.safe_position(), audit.changes(bigint, integer), audit.own_organisation(),
      audit.of_each(jsonb, integer), audit.unfold(json, json, integer) to %I', reader);
    continue when reader = 'authenticated';
    execute format('grant execute on function audit.verify(bigint), audit.partitions(), audit.status(),
      audit.descendants(regclass), audit.key_columns(regclass, jsonb) to %I', reader);
  end loop;
  -- The server's login role: nothing here shortens the log.
  if exists (select from pg_roles where rolname = 'authenticator') then
    grant usage on schema audit to authenticator;
    grant execute on function audit.maintain(), audit.seal(integer), audit.sign(bigint, bytea) to authenticator;
    grant select on audit.seals, audit.signatures to authenticator;
  end if;
end
$$;

-- From the first entry on there are partitions.
select audit.maintain();
