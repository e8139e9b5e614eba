-- What a subject may do, as policies, handlers and tokens ask.
--
-- Answers come from the tables, not from the token: a change counts from the next statement on.
-- Policies ask within `(select …)`, once per query: see docs/rbac.md.
--
-- What policies ask on every query, rbac.is_authorized and rbac.organisations, does without
-- `set search_path`, which costs a tenth of a decision and the plans of the caller. So nothing in these,
-- and in what they call, is found by a search path: not an operator, and not the name of a type.
-- Their statements are planned once in a session, by plan_cache_mode: for one set of values, most of them
-- null, there always seems to be a cheaper plan, and finding it costs three times the decision.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_rbac') then
    set local role crestfall_rbac;
  end if;
end
$$;

-- Who asks: `sub` of the claims; for a key that is nobody's, the key. `*` stands for everybody and so
-- for nobody.
create function rbac.subject() returns text
language plpgsql stable parallel safe as $$
declare
  told pg_catalog.text := pg_catalog.current_setting('request.jwt.claims', true);
  claims pg_catalog.jsonb;
begin
  if told is null or told operator(pg_catalog.=) '' then
    return null;
  end if;
  claims := told::pg_catalog.jsonb;
  return case
    when pg_catalog.jsonb_typeof(claims operator(pg_catalog.->) 'sub') operator(pg_catalog.=) 'string'
      and (claims operator(pg_catalog.->>) 'sub') operator(pg_catalog.<>) all (array['', '*'])
      then claims operator(pg_catalog.->>) 'sub'
    when pg_catalog.jsonb_typeof(claims operator(pg_catalog.->) 'api_key_id') operator(pg_catalog.=) 'string'
      and (claims operator(pg_catalog.->>) 'api_key_id') operator(pg_catalog.<>) ''
      then 'api_key:' operator(pg_catalog.||) (claims operator(pg_catalog.->>) 'api_key_id')
  end;
end
$$;

-- The same for columns of type uuid; null for a subject that is none.
create function rbac.subject_uuid() returns uuid
language sql stable parallel safe as $$
  select case
    when who ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then who::uuid
  end
  from (select rbac.subject()) said (who)
$$;

-- The service role passes by every policy; so it does here.
create function rbac.is_service() returns boolean
language sql stable parallel safe as $$
  select case
    when pg_catalog.current_setting('role') operator(pg_catalog.=) 'none'
      then session_user operator(pg_catalog.=) 'service_role'::pg_catalog.name
    else pg_catalog.current_setting('role') operator(pg_catalog.=) 'service_role'
  end
$$;

-- What grants a permission: itself, and the wildcards as written.
create function rbac.covering(permission text) returns text[]
language sql immutable parallel safe as $$
  select array[
    permission,
    split_part(permission, ':', 1) || ':*',
    '*:' || split_part(permission, ':', 2),
    '*:*'
  ]
$$;

-- Roles of a subject with those above them, and where; what has expired left out.
create function rbac.held(who text)
returns table (role_id uuid, organisation_id uuid, resource text, expires_at timestamptz)
language sql stable parallel safe as $$
  select closure.above_id, a.organisation_id, a.resource, a.expires_at
  from rbac.assignments a
  join rbac.role_closure closure on closure.role_id = a.role_id
  where a.subject in (who, '*')
    and (a.expires_at is null or a.expires_at > statement_timestamp())
$$;

-- Refuses what is no permission.
create function rbac.refuse_permission(permission text) returns void
language plpgsql immutable parallel safe as $$
begin
  raise exception 'not a permission: %', coalesce(permission, 'null')
    using errcode = 'invalid_parameter_value', hint = 'Permissions are of the form resource:action';
end
$$;

-- Whether who asks has a permission: everywhere; with `organisation`, there; with `resource`
-- (kind/id), on that one.
create function rbac.is_authorized(
  permission text, resource text default null, organisation uuid default null
) returns boolean
language plpgsql stable parallel safe security definer cost 1000
set plan_cache_mode = force_generic_plan as $$
declare
  who pg_catalog.text;
  colon pg_catalog.int4;
begin
  if rbac.is_service() then
    return true;
  end if;
  who := rbac.subject();
  if who is null then
    return false;
  elsif rbac.is_permission(permission) is not true then
    perform rbac.refuse_permission(permission);
  end if;
  colon := pg_catalog.strpos(permission, ':');
  -- The wildcards as rbac.covering says, without a call. Grants as a subselect: a join is begun as a whole
  -- for the one row that there is, at twice the price.
  perform from rbac.assignments a
  where a.subject operator(pg_catalog.=) any (array[who, '*']) and a.resource is null
    and (a.organisation_id is null or a.organisation_id operator(pg_catalog.=) is_authorized.organisation)
    and (a.expires_at operator(pg_catalog.>) pg_catalog.statement_timestamp()) is not false
    and (
      select true from rbac.role_grants r
      where r.role_id operator(pg_catalog.=) a.role_id
        and r.permission operator(pg_catalog.=) any (array[
          is_authorized.permission,
          pg_catalog.left(is_authorized.permission, colon) operator(pg_catalog.||) '*',
          '*' operator(pg_catalog.||) pg_catalog.substr(is_authorized.permission, colon),
          '*:*'
        ])
      limit 1
    )
  limit 1;
  if found or resource is null then
    return found;
  end if;
  -- By itself, so that it costs nothing where nobody asks, and who has a thousand resources is not read whole.
  perform from rbac.assignments a
  where a.subject operator(pg_catalog.=) any (array[who, '*'])
    and a.resource operator(pg_catalog.=) is_authorized.resource
    and (a.expires_at operator(pg_catalog.>) pg_catalog.statement_timestamp()) is not false
    and (
      select true from rbac.role_grants r
      where r.role_id operator(pg_catalog.=) a.role_id
        and r.permission operator(pg_catalog.=) any (array[
          is_authorized.permission,
          pg_catalog.left(is_authorized.permission, colon) operator(pg_catalog.||) '*',
          '*' operator(pg_catalog.||) pg_catalog.substr(is_authorized.permission, colon),
          '*:*'
        ])
      limit 1
    )
  limit 1;
  return found;
end
$$;

-- The same about any subject; with `until`, whether for so long.
create function rbac.holds(
  who text, permission text, organisation uuid, resource text, until timestamptz default null
) returns boolean
language plpgsql stable parallel safe set search_path = '' as $$
begin
  if rbac.is_permission(permission) is not true then
    perform rbac.refuse_permission(permission);
  end if;
  return exists (
    select from rbac.assignments a
    join rbac.role_grants r on r.role_id = a.role_id
    where a.subject in (who, '*')
      and (a.expires_at is null or (a.expires_at > pg_catalog.statement_timestamp()
        and (holds.until is null or a.expires_at >= holds.until)))
      and ((a.organisation_id is null and a.resource is null)
        or a.organisation_id = holds.organisation
        or a.resource = holds.resource)
      and r.permission = any (rbac.covering(holds.permission))
  );
end
$$;

-- For whom else the internals are: nobody.
revoke execute on function rbac.held(text), rbac.holds(text, text, uuid, text, timestamptz),
  rbac.refuse_permission(text) from public;

-- Whether who asks has a role that every organisation knows, or one below it.
create function rbac.has_role(
  role text, resource text default null, organisation uuid default null
) returns boolean
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  who text := rbac.subject();
begin
  return rbac.is_service() or (who is not null and exists (
    select from rbac.held(who) held
    join rbac.roles known on known.id = held.role_id
    where known.name = has_role.role and known.organisation_id is null
      and ((held.organisation_id is null and held.resource is null)
        or held.organisation_id = has_role.organisation
        or held.resource = has_role.resource)
  ));
end
$$;

-- The organisations in which who asks has a permission; without one, of which they are a member. Who
-- has it everywhere has it in all.
create function rbac.organisations(permission text default null) returns uuid[]
language plpgsql stable parallel safe security definer cost 1000
set plan_cache_mode = force_generic_plan as $$
declare
  who pg_catalog.text;
  colon pg_catalog.int4;
  found_in pg_catalog.uuid[];
begin
  if rbac.is_service() then
    return array(select o.id from rbac.organisations o);
  end if;
  who := rbac.subject();
  if who is null then
    return '{}';
  elsif permission is null then
    return array(select m.organisation_id from rbac.memberships m
      where m.subject operator(pg_catalog.=) who);
  elsif not rbac.is_permission(permission) then
    perform rbac.refuse_permission(permission);
  end if;
  colon := pg_catalog.strpos(permission, ':');
  -- Null is everywhere.
  found_in := array(
    select distinct a.organisation_id
    from rbac.assignments a
    where a.subject operator(pg_catalog.=) any (array[who, '*']) and a.resource is null
      and (a.expires_at operator(pg_catalog.>) pg_catalog.statement_timestamp()) is not false
      and (
        select true from rbac.role_grants r
        where r.role_id operator(pg_catalog.=) a.role_id
          and r.permission operator(pg_catalog.=) any (array[
            organisations.permission,
            pg_catalog.left(organisations.permission, colon) operator(pg_catalog.||) '*',
            '*' operator(pg_catalog.||) pg_catalog.substr(organisations.permission, colon),
            '*:*'
          ])
        limit 1
      )
  );
  if pg_catalog.array_position(found_in, null) is not null then
    return array(select o.id from rbac.organisations o);
  end if;
  return found_in;
end
$$;

-- The ids of resources of a kind on which who asks has a permission by an assignment on just these.
-- The kind is the permission's resource unless it is told.
create function rbac.resources(permission text, kind text default null) returns text[]
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  who text := rbac.subject();
  -- Once, and not for each row.
  covering text[] := rbac.covering(permission);
  prefix text := coalesce(kind, pg_catalog.split_part(permission, ':', 1)) || '/';
begin
  if who is null then
    return '{}';
  end if;
  return array(
    select distinct pg_catalog.substr(held.resource, pg_catalog.length(prefix) + 1)
    from rbac.held(who) held
    join rbac.role_permissions r on r.role_id = held.role_id
    where pg_catalog.starts_with(held.resource, prefix)
      and r.permission = any (covering)
  );
end
$$;

-- The same with their kinds, of all kinds.
create function rbac.resource_names(permission text) returns text[]
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  who text := rbac.subject();
  -- Once, and not for each row.
  covering text[] := rbac.covering(permission);
begin
  return array(
    select distinct held.resource
    from rbac.held(who) held
    join rbac.role_permissions r on r.role_id = held.role_id
    where held.resource is not null
      and r.permission = any (covering)
  );
end
$$;

-- The permissions of who asks that hold everywhere, and those in an organisation when it is told;
-- wildcards as they are written.
create function rbac.permissions(organisation uuid default null) returns text[]
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  who text := rbac.subject();
begin
  if rbac.is_service() then
    return array['*:*'];
  elsif who is null then
    return '{}';
  end if;
  return array(
    select distinct r.permission collate "C"
    from rbac.held(who) held
    join rbac.role_permissions r on r.role_id = held.role_id
    where held.resource is null
      and (held.organisation_id is null or held.organisation_id = permissions.organisation)
    order by 1
  );
end
$$;

-- The organisation of the token, as long as who asks is a member of it.
create function rbac.active_organisation() returns uuid
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  claims jsonb := nullif(pg_catalog.current_setting('request.jwt.claims', true), '');
  claimed text := claims ->> 'org_id';
begin
  return (
    select organisation_id from rbac.memberships
    where subject = rbac.subject() and organisation_id::text = claimed
  );
end
$$;

-- Everything that a subject holds, for whoever decides outside of the database: `kind` is permission,
-- role or member.
create function rbac.holdings(who text)
returns table (
  kind text, name text, organisation_id uuid, resource text, seconds_left double precision
)
-- Not in SQL: that would be planned anew each time, which costs ten times what it does.
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query
    with held as materialized (
      select a.role_id, a.organisation_id as o, a.resource as r, a.expires_at as at
      from rbac.assignments a
      where a.subject in (who, '*') and (a.expires_at > pg_catalog.statement_timestamp()) is not false
    ), every (kind, name, o, r, at) as (
      select 'permission', g.permission, held.o, held.r, held.at
      from held join rbac.role_grants g on g.role_id = held.role_id
      union all
      select 'role', role.name, held.o, held.r, held.at
      from held
      join rbac.role_closure closure on closure.role_id = held.role_id
      join rbac.roles role on role.id = closure.above_id
      where role.organisation_id is null
      union all
      select 'member', '', m.organisation_id, null, null from rbac.memberships m where m.subject = who
    )
    -- Of several that say the same, the one that lasts; until the first ends, it is not known better.
    select kind, name, o, r,
      case when bool_or(at is null) then null
        else extract(epoch from max(at) - statement_timestamp())::double precision end
    from every
    group by kind, name, o, r;
end
$$;
revoke execute on function rbac.holdings(text) from public;

-- Why a decision is what it is: what allows it, what has expired, and where else it is held. About
-- others to those who may see their assignments in that place; those elsewhere, who may see all.
create function rbac.explain(
  permission text, resource text default null, organisation uuid default null, subject text default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  me text := rbac.subject();
  who text := coalesce(explain.subject, me);
  service boolean := rbac.is_service();
  sees_all boolean := who = me or rbac.is_authorized('rbac.assignment:read');
  sees_place boolean := case
    when explain.resource is null then rbac.is_authorized('rbac.assignment:read', null, explain.organisation)
    when explain.organisation is null then rbac.is_authorized('rbac.assignment:read', explain.resource)
  end;
  grants jsonb;
  elsewhere jsonb;
  expired jsonb;
begin
  if explain.subject is not null and not coalesce(sees_all, false) and not coalesce(sees_place, false) then
    raise exception 'only who may see the assignments of others may ask about them'
      using errcode = 'insufficient_privilege';
  end if;
  if who is null and not service then
    return pg_catalog.jsonb_build_object('allowed', false, 'reason', 'anonymous');
  elsif explain.subject is null and service then
    return pg_catalog.jsonb_build_object('allowed', true, 'reason', 'service_role');
  end if;
  if not rbac.is_permission(explain.permission) then
    raise exception 'not a permission: %', explain.permission
      using errcode = 'invalid_parameter_value', hint = 'Permissions are of the form resource:action';
  end if;
  with recursive walk (id, role_id, path) as (
    select a.id, a.role_id, array[a.role_id] from rbac.assignments a where a.subject in (who, '*')
    union all
    select walk.id, p.parent_id, walk.path || p.parent_id
    from walk join rbac.role_parents p on p.role_id = walk.role_id
    where p.parent_id <> all (walk.path)
  ), found as (
    select a.*, r.permission as granted,
      (select pg_catalog.array_agg(role.name order by step.place)
       from unnest(walk.path) with ordinality step (id, place) join rbac.roles role on role.id = step.id
      ) as roles,
      (a.organisation_id is null and a.resource is null)
        or coalesce(a.organisation_id = explain.organisation, false)
        or coalesce(a.resource = explain.resource, false) as here,
      coalesce(a.expires_at <= pg_catalog.statement_timestamp(), false) as over
    from walk
    join rbac.assignments a on a.id = walk.id
    join rbac.role_permissions r on r.role_id = walk.role_id
    where r.permission = any (rbac.covering(explain.permission))
  ), told as (
    select here, over, pg_catalog.jsonb_build_object(
      'assignment', id, 'subject', found.subject, 'role', roles[1], 'through', to_jsonb(roles[2:]),
      'permission', granted, 'organisation', organisation_id, 'resource', found.resource,
      'granted_by', granted_by, 'granted_at', granted_at, 'expires_at', expires_at
    ) as line
    from found
  )
  select
    coalesce(pg_catalog.jsonb_agg(line) filter (where here and not over), '[]'),
    coalesce(pg_catalog.jsonb_agg(line) filter (where not here and not over), '[]'),
    coalesce(pg_catalog.jsonb_agg(line) filter (where here and over), '[]')
  into grants, elsewhere, expired
  from told;
  return pg_catalog.jsonb_build_object(
    'allowed', grants <> '[]',
    'reason', case
      when grants <> '[]' then 'assigned'
      when expired <> '[]' then 'expired'
      when sees_all and elsewhere <> '[]' then 'held elsewhere'
      when exists (select from rbac.permissions p where p.name = explain.permission) then 'not assigned'
      else 'unknown permission'
    end,
    'grants', grants, 'elsewhere', case when sees_all then elsewhere else '[]' end, 'expired', expired
  );
end
$$;

-- The first 20 names of roles that every organisation knows, held everywhere or in one organisation.
create function rbac.role_names(who text, organisation uuid) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(name order by name collate "C"), '[]')
  from (
    select distinct role.name collate "C"
    from rbac.held(who) held
    join rbac.roles role on role.id = held.role_id and role.organisation_id is null
    where held.resource is null and held.organisation_id is not distinct from organisation
    order by 1
    limit 20
  ) first (name)
$$;
revoke execute on function rbac.role_names(text, uuid) from public;

-- Adds to the claims of a token what clients like to know, at most some 3 KB: roles, a digest that
-- changes with the permissions, the active organisation. A custom access token hook of GoTrue's
-- form. No decision relies on it.
create function rbac.token_claims(event jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  who text := coalesce(event #>> '{claims,sub}', event ->> 'user_id');
  active uuid := (select organisation_id from rbac.active_organisations where subject = who);
  claims jsonb := coalesce(event -> 'claims', '{}') - 'org_id' - 'org_slug' - 'rbac';
  digest text;
begin
  select pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
      coalesce(pg_catalog.string_agg(line, E'\n' order by line collate "C"), ''), 'UTF8')), 'hex'), 32)
  into digest
  from (
    select distinct pg_catalog.concat_ws(' ', r.permission, held.organisation_id, held.resource) as line
    from rbac.held(who) held
    join rbac.role_permissions r on r.role_id = held.role_id
  ) lines;
  claims := claims || pg_catalog.jsonb_build_object('rbac', pg_catalog.jsonb_build_object(
    'roles', rbac.role_names(who, null), 'permissions_digest', digest
  ));
  if active is not null then
    claims := claims || (
      select pg_catalog.jsonb_build_object('org_id', id, 'org_slug', slug)
      from rbac.organisations where id = active
    );
    claims := pg_catalog.jsonb_set(claims, '{rbac,org_roles}', rbac.role_names(who, active));
  end if;
  return pg_catalog.jsonb_build_object('claims', claims);
end
$$;
revoke execute on function rbac.token_claims(jsonb) from public;
