-- Events: what happened that is no row of a table under audit, such as a sign-in, a refusal, new settings.
-- They stand in the same log, at positions of their own, with the same actor and under the same chain.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- Writes an event down; gives its position.
--   context  who it was, as audit.context tells it
--   role     the database role that acted
create function audit.write_event(event text, outcome text, detail jsonb, context text, role text)
  returns bigint language plpgsql set search_path = '' as $$
declare
  given bigint;
begin
  if event is null or event !~ '^[a-z0-9_]+(\.[a-z0-9_]+)+$' then
    raise exception '"%" is no name of an event', event using
      errcode = 'invalid_parameter_value', hint = 'Names look like shop.order_refunded.';
  elsif outcome is null or outcome not in ('success', 'failure', 'refused') then
    raise exception '"%" is no outcome', outcome using
      errcode = 'invalid_parameter_value', hint = 'success, failure and refused are.';
  end if;
  insert into audit.statements (kind, context, role, detail)
  values ('e', coalesce(nullif(context, ''), audit.context()), coalesce(role, current_setting('role')),
    coalesce(detail, '{}') || jsonb_build_object('event', event, 'outcome', outcome))
  returning position into given;
  return given;
end
$$;

-- Writes an event of the caller's down, in its transaction; gives its position. Names are of the form
-- `part.what_happened`; docs/audit.md has those of Crestfall. The outcome is success, failure (tried and
-- failed) or refused (not allowed).
create function audit.record(event text, outcome text default 'success', detail jsonb default '{}')
  returns bigint language sql security definer set search_path = '' as $$
  select audit.write_event(event, outcome, detail, null, null)
$$;

-- Events of others, which the server tells: an array of objects with event, outcome, detail, context, role.
create function audit.record_all(events jsonb) returns bigint language sql security definer set search_path = '' as $$
  select count(audit.write_event(e.event, e.outcome, e.detail, e.context, e.role))
  from jsonb_to_recordset(events) as e (event text, outcome text, detail jsonb, context text, role text)
$$;

create view audit.events as
select l.position, l.at, l.operation as event, l.detail ->> 'outcome' as outcome, l.actor, l.session, l.api_key,
       l.organisation, l.request, l.ip, l.role, l.login, l.transaction,
       l.detail - '{event,outcome}'::text[] as detail
from audit.log as l where l.detail ? 'event';

-- What the authentication service writes down of accounts, in its transaction: `auth.login` and so on. Who
-- acted is the account, and its address stays out: it can be looked up while there is such an account.
create function audit.capture_account() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  payload jsonb := new.payload;
begin
  insert into audit.statements (kind, context, detail) values (
    'e',
    (select string_agg(replace(coalesce(one, ''), chr(31), ''), chr(31) order by place)
     from unnest(array[payload ->> 'actor_id', null, null, null, payload ->> 'request_id', new.ip_address])
       with ordinality as part (one, place)),
    jsonb_strip_nulls(jsonb_build_object(
      'event', 'auth.' || (payload ->> 'action'),
      'outcome', case payload ->> 'action' when 'login_failed' then 'failure' when 'account_locked' then 'refused' else 'success' end,
      'account', payload -> 'user_id', 'user_agent', payload -> 'user_agent', 'traits', payload -> 'traits'
    ))
  );
  return null;
end
$$;

-- Puts under audit what other parts of Crestfall keep here, where they are: what happens to accounts, the
-- keys that sign tokens, and who may do what. Gives what it did. `crestfall migrate` calls it; what
-- audit.untrack took out again stays out.
create function audit.adopt() returns setof text language plpgsql set search_path = '' as $$
declare
  accounts regclass := to_regclass('auth.audit_log_entries');
  one record;
begin
  if accounts is not null and not exists (
    select from pg_catalog.pg_trigger where tgrelid = accounts and tgname = 'audit_events'
  ) then
    execute format('create trigger audit_events after insert on %s for each row execute function audit.capture_account()', accounts);
    execute format('alter table %s enable always trigger audit_events', accounts);
    return next 'events of accounts are under audit';
  end if;
  for one in
    select to_regclass(format('%I.%I', t.space, t.name)) as relation, t.options
    from (values
      ('auth', 'signing_keys', '{"omit": ["sealed_key"]}'::jsonb),
      ('rbac', 'permissions', '{}'), ('rbac', 'roles', '{}'), ('rbac', 'role_parents', '{}'),
      ('rbac', 'role_permissions', '{}'), ('rbac', 'assignments', '{}'), ('rbac', 'organisations', '{}'),
      ('rbac', 'memberships', '{}'), ('rbac', 'invitations', '{"omit": ["token_hash"]}'),
      ('rbac', 'service_accounts', '{}')
    ) as t (space, name, options)
    where not exists (select from audit.relations r where (r.schema_name, r.relation_name) = (t.space, t.name))
  loop
    continue when one.relation is null;
    perform audit.track(one.relation, one.options);
    return next format('%s is under audit', one.relation);
  end loop;
exception when insufficient_privilege then
  return next format('not all of Crestfall''s own is under audit: %s', sqlerrm);
end
$$;

revoke all on function audit.write_event(text, text, jsonb, text, text), audit.record(text, text, jsonb),
  audit.record_all(jsonb), audit.capture_account(), audit.adopt() from public;
do $$
declare
  one text;
begin
  for one in select rolname from pg_roles where rolname in ('crestfall_audit_reader', 'service_role') loop
    execute format('grant select on audit.events to %I', one);
  end loop;
  for one in select rolname from pg_roles where rolname in ('authenticator', 'service_role') loop
    execute format('grant execute on function audit.record(text, text, jsonb) to %I', one);
  end loop;
  -- The server alone says who others were.
  if exists (select from pg_roles where rolname = 'authenticator') then
    grant execute on function audit.record_all(jsonb) to authenticator;
  end if;
  if current_setting('server_version_num')::integer >= 150000 then
    alter view audit.events set (security_invoker = true);
    if exists (select from pg_roles where rolname = 'authenticated') then
      grant select on audit.events to authenticated;
    end if;
  end if;
end
$$;
