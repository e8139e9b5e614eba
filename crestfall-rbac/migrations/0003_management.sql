-- Managing authorization needs authorization. Nobody may give what they do not have, in no wider
-- place and for no longer, nor give anything to themselves.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_rbac') then
    set local role crestfall_rbac;
  end if;
end
$$;

-- Whether a subject has all that a role may do, there and for so long. A role that may do nothing
-- stands for something the application asks by name: that takes `*:*`.
create function rbac.holds_role(
  who text, role uuid, organisation uuid, resource text, until timestamptz
) returns boolean
language sql stable as $$
  with asked (permission) as (
    select r.permission
    from rbac.role_closure closure
    join rbac.role_permissions r on r.role_id = closure.above_id
    where closure.role_id = role
    union
    select '*:*'
    from rbac.role_closure closure
    join rbac.roles known on known.id = closure.above_id
    where closure.role_id = role and known.organisation_id is null
      and not exists (select from rbac.role_permissions r where r.role_id = known.id)
      and not exists (select from rbac.role_parents p where p.role_id = known.id)
  )
  select not exists (
    select from asked
    where not rbac.holds(who, asked.permission, organisation, resource, until)
  )
$$;

-- Whether a subject may assign a role, or revoke it.
create function rbac.may_assign(
  role uuid, organisation uuid, resource text, until timestamptz, who text
) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return who is not null
    and rbac.holds(who, 'rbac.assignment:write', organisation, resource)
    and rbac.holds_role(who, role, organisation, resource, until);
end
$$;

-- Whether who asks may change a role where it is at home, with all that it has; or only give it, or take
-- from it, one permission or what one parent has.
create function rbac.may_change_role(role uuid, permission text default null, parent uuid default null)
returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  home uuid;
begin
  select organisation_id into home from rbac.roles where id = role;
  return found
    and rbac.is_authorized('rbac.role:write', organisation => home)
    and case
      when permission is null
        then rbac.holds_role(rbac.subject(), coalesce(parent, role), home, null, 'infinity')
      else rbac.holds(rbac.subject(), permission, home, null, 'infinity')
    end;
end
$$;

-- Whether who asks may remove a member: themselves, and nobody who may do more than they.
create function rbac.may_remove(organisation uuid, member text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
declare
  me text := rbac.subject();
begin
  return me is not null and (member = me or (
    rbac.holds(me, 'rbac.member:write', organisation, null)
    and not exists (
      select from rbac.assignments a
      where a.subject = member and a.organisation_id = may_remove.organisation
        and not rbac.holds_role(me, a.role_id, organisation, null, pg_catalog.statement_timestamp())
    )
  ));
end
$$;

-- Whether who asks has a permission in any place: enough to see what the names mean.
create function rbac.is_authorized_anywhere(permission text) returns boolean
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
declare
  who text := rbac.subject();
  -- Once, and not for each row.
  covering text[] := rbac.covering(permission);
begin
  return rbac.is_service() or (who is not null and exists (
    select from rbac.held(who) held
    join rbac.role_permissions r on r.role_id = held.role_id
    where r.permission = any (covering)
  ));
end
$$;

-- The roles of who asks.
create function rbac.own_roles() returns uuid[]
language plpgsql stable parallel safe security definer cost 1000 set search_path = '' as $$
begin
  return array(select distinct role_id from rbac.held(rbac.subject()));
end
$$;
revoke execute on function rbac.holds_role(text, uuid, uuid, text, timestamptz) from public;
-- About others it would tell too much.
revoke execute on function rbac.may_assign(uuid, uuid, text, timestamptz, text) from public;

create function rbac.may_assign(role uuid, organisation uuid, resource text, until timestamptz)
returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return rbac.may_assign(role, organisation, resource, until, rbac.subject());
end
$$;

-- Who did it is who asked: callers cannot write these columns.
create function rbac.sign() returns trigger
language plpgsql set search_path = '' as $$
declare
  who text := rbac.subject();
begin
  if who is null or pg_catalog.to_jsonb(new) ->> tg_argv[0] is not null then
    return new;
  end if;
  return pg_catalog.jsonb_populate_record(new, pg_catalog.jsonb_build_object(tg_argv[0], who));
end
$$;
create trigger sign before insert on rbac.assignments
  for each row execute function rbac.sign('granted_by');
create trigger sign before insert on rbac.memberships
  for each row execute function rbac.sign('added_by');
create trigger sign before insert on rbac.service_accounts
  for each row execute function rbac.sign('created_by');

-- A service account of an organisation is a member of it; what it may do ends with it. It is somebody
-- new: else who makes and removes one could take away others' rights.
create function rbac.keep_service_account() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    delete from rbac.assignments a
    where a.subject = old.subject
      and (old.organisation_id is null or a.organisation_id = old.organisation_id);
    delete from rbac.memberships m
    where m.subject = old.subject
      and (old.organisation_id is null or m.organisation_id = old.organisation_id);
    return old;
  end if;
  if exists (select from rbac.memberships m where m.subject = new.subject)
    or exists (select from rbac.assignments a where a.subject = new.subject)
  then
    raise exception 'this subject has rights already' using errcode = 'unique_violation';
  end if;
  if new.organisation_id is not null then
    insert into rbac.memberships (organisation_id, subject) values (new.organisation_id, new.subject);
  end if;
  return new;
end
$$;
create trigger keep_service_account after insert or delete on rbac.service_accounts
  for each row execute function rbac.keep_service_account();
revoke execute on function rbac.keep_service_account() from public;

-- Founds an organisation, whose owner is who asks.
create function rbac.create_organisation(name text, slug text default null) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  me text := rbac.subject();
  made uuid;
begin
  if not rbac.is_authorized('rbac.organisation:create') then
    raise exception 'founding an organisation needs the permission rbac.organisation:create'
      using errcode = 'insufficient_privilege';
  end if;
  if slug is null then
    slug := pg_catalog.btrim(pg_catalog.left(pg_catalog.regexp_replace(
      pg_catalog.lower(name), '[^a-z0-9]+', '-', 'g'), 50), '-');
    if slug = '' or exists (select from rbac.organisations o where o.slug = create_organisation.slug) then
      slug := pg_catalog.btrim(slug || '-' || pg_catalog.left(pg_catalog.gen_random_uuid()::text, 8), '-');
    end if;
  end if;
  insert into rbac.organisations (name, slug, created_by)
  values (create_organisation.name, create_organisation.slug, me)
  returning id into made;
  if me is not null then
    insert into rbac.memberships (organisation_id, subject) values (made, me);
    insert into rbac.assignments (subject, role_id, organisation_id)
    select me, id, made from rbac.roles
    where roles.name = 'organisation-owner' and roles.organisation_id is null;
  end if;
  return made;
end
$$;

create function rbac.is_of_domains(email text, domains text[]) returns boolean
language sql immutable parallel safe as $$
  select cardinality(domains) = 0
    or coalesce(lower(substring(email from '@([^@]+)$')) = any (domains), false)
$$;

-- Invites somebody; who has the token may accept it once. The token is told here and never again.
create function rbac.invite(
  organisation uuid, email text default null, role uuid default null, lifetime interval default '7 days',
  out id uuid, out token text, out expires_at timestamptz
)
language plpgsql security definer set search_path = '' as $$
declare
  me text := rbac.subject();
  service boolean := rbac.is_service();
  domains text[];
begin
  if not service and not rbac.is_authorized('rbac.member:write', organisation => organisation) then
    raise exception 'inviting needs the permission rbac.member:write in this organisation'
      using errcode = 'insufficient_privilege';
  end if;
  if role is not null and not service
    and not rbac.may_assign(role, organisation, null, 'infinity', me)
  then
    raise exception 'a role can be given by who may assign it and has all of its permissions'
      using errcode = 'insufficient_privilege';
  end if;
  if lifetime not between interval '1 minute' and interval '90 days' then
    raise exception 'an invitation holds between a minute and 90 days'
      using errcode = 'invalid_parameter_value';
  end if;
  if role is not null and exists (
    select from rbac.roles r where r.id = role and r.organisation_id is distinct from organisation
      and r.organisation_id is not null
  ) then
    raise exception 'the role is one of another organisation' using errcode = 'check_violation';
  end if;
  select o.email_domains into domains from rbac.organisations o where o.id = organisation;
  if not found then
    raise exception 'there is no such organisation' using errcode = 'no_data_found';
  end if;
  if not rbac.is_of_domains(email, domains) then
    raise exception 'this organisation invites addresses of certain domains only'
      using errcode = 'check_violation';
  end if;
  -- 244 random bits.
  token := pg_catalog.replace(
    pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text, '-', '');
  expires_at := pg_catalog.statement_timestamp() + lifetime;
  insert into rbac.invitations (organisation_id, email, role_id, token_hash, invited_by, expires_at)
  values (organisation, pg_catalog.lower(invite.email), role,
    pg_catalog.sha256(pg_catalog.convert_to(token, 'UTF8')), me, invite.expires_at)
  returning invitations.id into invite.id;
end
$$;

-- Accepts an invitation: who asks is then a member, with the role that it names. Once, in time, by
-- whom it is for, and only while who invited still might.
create function rbac.accept_invitation(token text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  me text := rbac.subject();
  claims jsonb := nullif(pg_catalog.current_setting('request.jwt.claims', true), '');
  address text := pg_catalog.lower(claims ->> 'email');
  found_one rbac.invitations;
  domains text[];
begin
  if me is null then
    raise exception 'accepting an invitation needs somebody signed in'
      using errcode = 'insufficient_privilege';
  end if;
  if claims ->> 'email_verified' = 'false' then
    address := null;
  end if;
  update rbac.invitations i
  set accepted_at = pg_catalog.statement_timestamp(), accepted_by = me
  where i.token_hash = pg_catalog.sha256(pg_catalog.convert_to(token, 'UTF8'))
    and i.accepted_at is null and i.expires_at > pg_catalog.statement_timestamp()
    and (i.email is null or i.email = address)
  returning * into found_one;
  if not found then
    -- One message for all: it tells nothing about tokens that exist.
    raise exception 'the invitation is unknown, expired, used, or for another address'
      using errcode = 'no_data_found';
  end if;
  select email_domains into domains from rbac.organisations where id = found_one.organisation_id;
  if not rbac.is_of_domains(address, domains)
    or (found_one.invited_by is not null and not rbac.holds(
      found_one.invited_by, 'rbac.member:write', found_one.organisation_id, null))
    or (found_one.invited_by is not null and found_one.role_id is not null and not rbac.may_assign(
      found_one.role_id, found_one.organisation_id, null, 'infinity', found_one.invited_by))
  then
    raise exception 'the invitation is unknown, expired, used, or for another address'
      using errcode = 'no_data_found';
  end if;
  insert into rbac.memberships (organisation_id, subject)
  values (found_one.organisation_id, me) on conflict do nothing;
  if found_one.role_id is not null then
    insert into rbac.assignments (subject, role_id, organisation_id, granted_by)
    values (me, found_one.role_id, found_one.organisation_id, coalesce(found_one.invited_by, 'invitation'))
    on conflict do nothing;
  end if;
  return found_one.organisation_id;
end
$$;

-- Chooses the organisation that the next tokens of who asks name; none by null.
create function rbac.set_active_organisation(organisation uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
  me text := rbac.subject();
begin
  if me is null then
    raise exception 'this needs somebody signed in' using errcode = 'insufficient_privilege';
  end if;
  if organisation is null then
    delete from rbac.active_organisations where subject = me;
    return;
  end if;
  if not exists (
    select from rbac.memberships m
    where m.subject = me and m.organisation_id = set_active_organisation.organisation
  ) then
    raise exception 'only a member can work in an organisation' using errcode = 'insufficient_privilege';
  end if;
  insert into rbac.active_organisations (subject, organisation_id) values (me, organisation)
  on conflict (subject) do update set organisation_id = excluded.organisation_id;
end
$$;

-- Who sees and changes what. Owners of the tables pass, as does the service role.
do $$
declare
  name text;
begin
  foreach name in array array[
    'permissions', 'organisations', 'roles', 'role_parents', 'role_closure', 'role_permissions',
    'role_grants', 'memberships', 'assignments', 'invitations', 'service_accounts', 'active_organisations', 'applied_definition'
  ] loop
    execute format('alter table rbac.%I enable row level security', name);
  end loop;
end
$$;

create policy read on rbac.permissions for select
  using ((select rbac.is_authorized_anywhere('rbac.role:read')));
create policy add on rbac.permissions for insert
  with check ((select rbac.is_authorized('rbac.permission:write')));
create policy change on rbac.permissions for update
  using ((select rbac.is_authorized('rbac.permission:write')));
create policy remove on rbac.permissions for delete
  using ((select rbac.is_authorized('rbac.permission:write')));

create policy read on rbac.organisations for select using (
  id = any ((select rbac.organisations())::uuid[])
  or id = any ((select rbac.organisations('rbac.organisation:read'))::uuid[])
);
create policy change on rbac.organisations for update
  using (id = any ((select rbac.organisations('rbac.organisation:update'))::uuid[]));
create policy remove on rbac.organisations for delete
  using (id = any ((select rbac.organisations('rbac.organisation:delete'))::uuid[]));

create policy read on rbac.roles for select using (
  id = any ((select rbac.own_roles())::uuid[])
  or (organisation_id is null and (select rbac.is_authorized_anywhere('rbac.role:read')))
  or organisation_id = any ((select rbac.organisations('rbac.role:read'))::uuid[])
);
create policy add on rbac.roles for insert with check (
  not built_in and not managed and rbac.is_authorized('rbac.role:write', organisation => organisation_id)
);
create policy change on rbac.roles for update using (rbac.may_change_role(id));
create policy remove on rbac.roles for delete using (rbac.may_change_role(id));

create policy read on rbac.role_permissions for select
  using (role_id in (select id from rbac.roles));
create policy add on rbac.role_permissions for insert
  with check (rbac.may_change_role(role_id, permission => permission));
create policy remove on rbac.role_permissions for delete
  using (rbac.may_change_role(role_id, permission => permission));

create policy read on rbac.role_parents for select
  using (role_id in (select id from rbac.roles));
create policy add on rbac.role_parents for insert
  with check (rbac.may_change_role(role_id, parent => parent_id));
create policy remove on rbac.role_parents for delete
  using (rbac.may_change_role(role_id, parent => parent_id));

create policy read on rbac.memberships for select using (
  subject = (select rbac.subject())
  or organisation_id = any ((select rbac.organisations('rbac.member:read'))::uuid[])
);
create policy add on rbac.memberships for insert
  with check (organisation_id = any ((select rbac.organisations('rbac.member:write'))::uuid[]));
create policy remove on rbac.memberships for delete
  using (rbac.may_remove(organisation_id, subject));

create policy read on rbac.assignments for select using (
  subject in ((select rbac.subject()), '*')
  or (select rbac.is_authorized('rbac.assignment:read'))
  or organisation_id = any ((select rbac.organisations('rbac.assignment:read'))::uuid[])
  or resource = any ((select rbac.resource_names('rbac.assignment:read'))::text[])
);
create policy add on rbac.assignments for insert with check (
  subject <> (select rbac.subject())
  and rbac.may_assign(role_id, organisation_id, resource, coalesce(expires_at, 'infinity'))
);
create policy remove on rbac.assignments for delete using (
  subject = (select rbac.subject())
  or rbac.may_assign(role_id, organisation_id, resource, statement_timestamp())
);

create policy read on rbac.invitations for select
  using (organisation_id = any ((select rbac.organisations('rbac.member:read'))::uuid[]));
create policy remove on rbac.invitations for delete
  using (organisation_id = any ((select rbac.organisations('rbac.member:write'))::uuid[]));

create policy read on rbac.service_accounts for select using (
  (select rbac.is_authorized('rbac.service_account:read'))
  or organisation_id = any ((select rbac.organisations('rbac.service_account:read'))::uuid[])
);
create policy add on rbac.service_accounts for insert with check (
  rbac.is_authorized('rbac.service_account:write', organisation => organisation_id)
  and subject <> (select rbac.subject())
);
create policy remove on rbac.service_accounts for delete using (
  rbac.is_authorized('rbac.service_account:write', organisation => organisation_id)
  and (organisation_id is null or rbac.may_remove(organisation_id, subject))
);

create policy read on rbac.active_organisations for select
  using (subject = (select rbac.subject()));

-- The schema's functions are for policies of any role; its tables for callers of the API.
grant usage on schema rbac to public;
do $$
declare
  api_role text;
begin
  foreach api_role in array array['authenticated', 'service_role'] loop
    continue when not exists (select from pg_roles where rolname = api_role);
    execute format('grant select on rbac.permissions, rbac.organisations, rbac.roles, '
      'rbac.role_parents, rbac.role_permissions, rbac.memberships, rbac.assignments, '
      'rbac.service_accounts, rbac.active_organisations to %I', api_role);
    -- The hash of a token is nobody's to read.
    execute format('grant select (id, organisation_id, email, role_id, invited_by, created_at, '
      'expires_at, accepted_at, accepted_by) on rbac.invitations to %I', api_role);
    execute format('grant insert, delete on rbac.role_parents, rbac.role_permissions to %I', api_role);
    execute format('grant insert (organisation_id, subject), delete on rbac.memberships to %I', api_role);
    execute format('grant insert (id, subject, role_id, organisation_id, resource, expires_at), delete '
      'on rbac.assignments to %I', api_role);
    execute format('grant insert (id, subject, name, description, organisation_id), delete '
      'on rbac.service_accounts to %I', api_role);
    execute format('grant insert (name, description), update (description), delete '
      'on rbac.permissions to %I', api_role);
    execute format('grant insert (id, name, description, organisation_id), update (name, description), '
      'delete on rbac.roles to %I', api_role);
    execute format('grant update (name, slug, email_domains), delete on rbac.organisations to %I', api_role);
    execute format('grant delete on rbac.invitations to %I', api_role);
  end loop;
  -- Whoever decides outside of the database.
  foreach api_role in array array['authenticator', 'service_role'] loop
    continue when not exists (select from pg_roles where rolname = api_role);
    execute format('grant execute on function rbac.holdings(text) to %I', api_role);
  end loop;
  -- Whoever makes tokens.
  foreach api_role in array array['crestfall_auth', 'supabase_auth_admin'] loop
    continue when not exists (select from pg_roles where rolname = api_role);
    execute format('grant execute on function rbac.token_claims(jsonb) to %I', api_role);
  end loop;
end
$$;
