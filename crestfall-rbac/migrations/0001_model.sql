-- Who may do what: roles, their permissions, to whom they are assigned and where.
--
-- Everything belongs to the role crestfall_rbac; where the migrating user may not make roles, to that
-- user. The server's login role is no member of it: it changes nothing here but as its callers.
do $$
declare
  me text := current_user;
  may_make_roles boolean;
begin
  select rolsuper or rolcreaterole into may_make_roles from pg_roles where rolname = me;
  if may_make_roles and not exists (select from pg_roles where rolname = 'crestfall_rbac') then
    begin
      create role crestfall_rbac nologin noinherit;
    exception when duplicate_object or unique_violation then
      -- Another database of this cluster has just made it.
      null;
    end;
  end if;
  if exists (select from pg_roles where rolname = 'crestfall_rbac') then
    if not pg_has_role(me, 'crestfall_rbac', 'member') then
      execute format('grant crestfall_rbac to %I', me);
    end if;
    create schema if not exists rbac authorization crestfall_rbac;
    grant create on schema rbac to crestfall_rbac;
    set local role crestfall_rbac;
  else
    create schema if not exists rbac;
  end if;
end
$$;

-- `resource:action`, each a word or `*`, which stands for every word and for nothing less. (Not strict:
-- PostgreSQL then puts the expression in the place of the call, which is much cheaper.)
create function rbac.is_permission(permission text) returns boolean
language sql immutable parallel safe as $$
  -- Bounds within the expression would make it slow.
  select permission operator(pg_catalog.~) '^(\*|[a-z0-9_][a-z0-9_.-]*):(\*|[a-z0-9_][a-z0-9_.-]*)$'
    and pg_catalog.strpos(permission, ':') operator(pg_catalog.<=) 64
    and pg_catalog.length(permission)
      operator(pg_catalog.-) pg_catalog.strpos(permission, ':') operator(pg_catalog.<=) 63
$$;

-- `kind/id`, such as invoice/42.
create function rbac.is_resource(resource text) returns boolean
language sql immutable parallel safe as $$
  select resource ~ '^[a-z0-9_][a-z0-9_.-]{0,62}/.+$' and length(resource) <= 300
$$;

create table rbac.permissions (
  name text primary key check (rbac.is_permission(name)),
  description text not null default '' check (length(description) <= 1000),
  -- Kept as rbac.toml says.
  managed boolean not null default false,
  created_at timestamptz not null default now()
);

create table rbac.organisations (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 200),
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  -- Who may be invited: addresses of these domains; of any when there are none.
  email_domains text[] not null default '{}' check (cardinality(email_domains) <= 100),
  created_at timestamptz not null default now(),
  created_by text
);

create table rbac.roles (
  id uuid primary key default gen_random_uuid(),
  name text not null check (name ~ '^[a-z0-9_][a-z0-9_.-]{0,62}$'),
  description text not null default '' check (length(description) <= 1000),
  -- Whose own role it is; none for roles that every organisation knows.
  organisation_id uuid references rbac.organisations on delete cascade,
  -- Kept as rbac.toml says.
  managed boolean not null default false,
  -- Ours: it stays.
  built_in boolean not null default false,
  created_at timestamptz not null default now()
);
create unique index roles_name_key on rbac.roles (name) where organisation_id is null;
create unique index roles_organisation_id_name_key on rbac.roles (organisation_id, name);

-- A role has what its parents have.
create table rbac.role_parents (
  role_id uuid not null references rbac.roles on delete cascade,
  parent_id uuid not null references rbac.roles on delete cascade,
  primary key (role_id, parent_id)
);
create index role_parents_parent_id_idx on rbac.role_parents (parent_id);

-- Each role with itself and all above it: what decisions read, kept by triggers.
create table rbac.role_closure (
  role_id uuid not null references rbac.roles on delete cascade,
  above_id uuid not null references rbac.roles on delete cascade,
  primary key (role_id, above_id)
);
create index role_closure_above_id_idx on rbac.role_closure (above_id);

create table rbac.role_permissions (
  role_id uuid not null references rbac.roles on delete cascade,
  permission text not null references rbac.permissions on update cascade,
  primary key (role_id, permission)
);
create index role_permissions_permission_idx on rbac.role_permissions (permission);

-- Each role with all that it may do, by itself and by those above it: what policies read, kept by
-- triggers as well.
create table rbac.role_grants (
  role_id uuid not null references rbac.roles on delete cascade,
  permission text not null,
  primary key (role_id, permission)
);

create table rbac.memberships (
  organisation_id uuid not null references rbac.organisations on delete cascade,
  subject text not null check (length(subject) between 1 and 255 and subject <> '*'),
  created_at timestamptz not null default now(),
  added_by text,
  primary key (organisation_id, subject)
);
create index memberships_subject_idx on rbac.memberships (subject);

-- A role of a subject: everywhere, in one organisation, or on one resource.
create table rbac.assignments (
  id uuid primary key default gen_random_uuid(),
  -- `sub` of a token; `*` is everybody who has one.
  subject text not null check (length(subject) between 1 and 255),
  role_id uuid not null references rbac.roles on delete cascade,
  organisation_id uuid,
  resource text check (rbac.is_resource(resource)),
  expires_at timestamptz,
  granted_by text,
  granted_at timestamptz not null default now(),
  -- Who leaves an organisation leaves what they may do there.
  foreign key (organisation_id, subject) references rbac.memberships on delete cascade,
  check (organisation_id is null or resource is null)
);
create unique index assignments_key on rbac.assignments
  (subject, role_id, coalesce(organisation_id::text, ''), coalesce(resource, ''));
create index assignments_role_id_idx on rbac.assignments (role_id);
create index assignments_organisation_id_idx on rbac.assignments (organisation_id, subject);
-- By which decisions find what a subject has: but on single resources, of which there may be many; and on one.
create index assignments_subject_idx on rbac.assignments (subject) where resource is null;
create index assignments_resource_idx on rbac.assignments (resource, subject) where resource is not null;

create table rbac.invitations (
  id uuid primary key default gen_random_uuid(),
  organisation_id uuid not null references rbac.organisations on delete cascade,
  -- Whose invitation it is; of whoever has the token when there is none.
  email text check (length(email) between 3 and 255 and email = lower(email)),
  -- What who accepts it becomes.
  role_id uuid references rbac.roles on delete cascade,
  -- SHA-256 of the token, which is told once.
  token_hash bytea not null unique,
  invited_by text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text
);
create index invitations_organisation_id_idx on rbac.invitations (organisation_id, created_at);

-- Programs that act by themselves. They sign in by an API key or OAuth client, whose id is the subject.
create table rbac.service_accounts (
  id uuid primary key default gen_random_uuid(),
  subject text not null unique check (length(subject) between 1 and 255 and subject <> '*'),
  name text not null check (length(name) between 1 and 200),
  description text not null default '' check (length(description) <= 1000),
  -- Whose it is, if it is an organisation's.
  organisation_id uuid references rbac.organisations on delete cascade,
  created_at timestamptz not null default now(),
  created_by text
);
create index service_accounts_organisation_id_idx on rbac.service_accounts (organisation_id);

-- The organisation that a subject works in, for its tokens.
create table rbac.active_organisations (
  subject text primary key,
  organisation_id uuid not null,
  foreign key (organisation_id, subject) references rbac.memberships on delete cascade
);
create index active_organisations_organisation_id_idx on rbac.active_organisations (organisation_id, subject);

-- What `crestfall rbac apply` last made of rbac.toml: what differs from it has drifted.
create table rbac.applied_definition (
  id boolean primary key default true check (id),
  definition jsonb not null,
  applied_at timestamptz not null default now()
);

-- Every node hears of a change when it is committed, whoever makes it and however.

create function rbac.subjects_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if (select count(*) from changed) > 100
    or exists (select from changed where subject = '*')
  then
    perform pg_catalog.pg_notify('crestfall_rbac', 'all');
  else
    perform pg_catalog.pg_notify('crestfall_rbac', 'subject ' || subject) from changed;
  end if;
  return null;
end
$$;

create function rbac.everything_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_notify('crestfall_rbac', 'all');
  return null;
end
$$;
revoke execute on function rbac.subjects_changed(), rbac.everything_changed() from public;

do $$
declare
  name text;
begin
  foreach name in array array['assignments', 'memberships'] loop
    execute format('create trigger told_insert after insert on rbac.%I referencing new table as changed '
      'for each statement execute function rbac.subjects_changed()', name);
    execute format('create trigger told_delete after delete on rbac.%I referencing old table as changed '
      'for each statement execute function rbac.subjects_changed()', name);
    -- A change of the subject is about two.
    execute format('create trigger told_update after update on rbac.%I '
      'for each statement execute function rbac.everything_changed()', name);
    execute format('create trigger told_truncate after truncate on rbac.%I '
      'for each statement execute function rbac.everything_changed()', name);
  end loop;
  foreach name in array array['roles', 'role_parents', 'role_permissions'] loop
    execute format('create trigger told_change after update or delete or truncate on rbac.%I '
      'for each statement execute function rbac.everything_changed()', name);
  end loop;
  foreach name in array array['role_parents', 'role_permissions'] loop
    execute format('create trigger told_insert after insert on rbac.%I '
      'for each statement execute function rbac.everything_changed()', name);
  end loop;
end
$$;

-- What the tables' constraints cannot say.

create function rbac.check_role_parent() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  own uuid;
  parents uuid;
begin
  -- Two at once could close a circle that neither sees.
  perform pg_catalog.pg_advisory_xact_lock(7166173018);
  if exists (
    with recursive above (id) as (
      select new.parent_id
      union
      select p.parent_id from rbac.role_parents p join above on p.role_id = above.id
    )
    select from above where id = new.role_id
  ) then
    raise exception 'a role cannot be above itself' using errcode = 'check_violation';
  end if;
  select organisation_id into own from rbac.roles where id = new.role_id;
  select organisation_id into parents from rbac.roles where id = new.parent_id;
  if parents is not null and parents is distinct from own then
    raise exception 'the parent is a role of another organisation' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger check_role_parent before insert on rbac.role_parents
  for each row execute function rbac.check_role_parent();

-- Finds anew what is above some roles and those below them.
create function rbac.close_roles(starting uuid[]) returns void
language plpgsql security definer set search_path = '' as $$
declare
  affected uuid[];
begin
  with recursive below (id) as (
    select pg_catalog.unnest(starting)
    union
    select p.role_id from below join rbac.role_parents p on p.parent_id = below.id
  )
  select pg_catalog.array_agg(id) into affected from below;
  delete from rbac.role_closure where role_id = any (affected);
  insert into rbac.role_closure (role_id, above_id)
  with recursive above (role_id, id) as (
    select id, id from pg_catalog.unnest(affected) start (id)
    union
    select above.role_id, p.parent_id from above join rbac.role_parents p on p.role_id = above.id
  )
  -- When a role is deleted, what refers to it goes one by one.
  select above.role_id, above.id
  from above
  join rbac.roles r on r.id = above.role_id
  join rbac.roles a on a.id = above.id;
  perform rbac.grant_roles(affected);
end
$$;

-- Finds anew what some roles may do, by what is above them.
create function rbac.grant_roles(affected uuid[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from rbac.role_grants where role_id = any (affected);
  insert into rbac.role_grants (role_id, permission)
  select distinct closure.role_id, r.permission
  from rbac.role_closure closure
  join rbac.role_permissions r on r.role_id = closure.above_id
  where closure.role_id = any (affected);
end
$$;

-- What another transaction adds must be seen, once it has ended and the lock is ours.
create function rbac.lock_roles() returns void
language plpgsql security definer set search_path = '' as $$
begin
  if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'roles are changed in transactions that read what is committed'
      using errcode = 'invalid_transaction_state',
        hint = 'Begin the transaction with "isolation level read committed"';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(7166173018);
end
$$;

create function rbac.grant_changed_roles() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform rbac.lock_roles();
  if tg_op = 'TRUNCATE' then
    perform rbac.grant_roles(array(select id from rbac.roles));
    return null;
  end if;
  perform rbac.grant_roles(array(
    select distinct closure.role_id
    from changed join rbac.role_closure closure on closure.above_id = changed.role_id
  ));
  return null;
end
$$;
create trigger grant_insert after insert on rbac.role_permissions referencing new table as changed
  for each statement execute function rbac.grant_changed_roles();
-- A permission may get another name.
create trigger grant_update after update on rbac.role_permissions referencing new table as changed
  for each statement execute function rbac.grant_changed_roles();
create trigger grant_delete after delete on rbac.role_permissions referencing old table as changed
  for each statement execute function rbac.grant_changed_roles();
create trigger grant_truncate after truncate on rbac.role_permissions
  for each statement execute function rbac.grant_changed_roles();

create function rbac.close_changed_roles() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'TRUNCATE' then
    perform rbac.close_roles(array(select id from rbac.roles));
  elsif tg_table_name = 'roles' then
    insert into rbac.role_closure (role_id, above_id) select id, id from changed;
  else
    perform rbac.lock_roles();
    perform rbac.close_roles(array(select distinct role_id from changed));
  end if;
  return null;
end
$$;
create trigger close_insert after insert on rbac.roles referencing new table as changed
  for each statement execute function rbac.close_changed_roles();
create trigger close_insert after insert on rbac.role_parents referencing new table as changed
  for each statement execute function rbac.close_changed_roles();
create trigger close_delete after delete on rbac.role_parents referencing old table as changed
  for each statement execute function rbac.close_changed_roles();
create trigger close_truncate after truncate on rbac.role_parents
  for each statement execute function rbac.close_changed_roles();

-- A row that joins two things is made and taken away, not changed.
create function rbac.refuse_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'delete it and insert another' using errcode = 'feature_not_supported';
end
$$;
create trigger refuse_change before update on rbac.role_parents
  for each row execute function rbac.refuse_change();
create trigger refuse_change before update of role_id on rbac.role_permissions
  for each row execute function rbac.refuse_change();
revoke execute on function rbac.close_roles(uuid[]), rbac.grant_roles(uuid[]), rbac.lock_roles(),
  rbac.close_changed_roles(), rbac.grant_changed_roles(), rbac.refuse_change() from public;

create function rbac.check_assignment() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  home uuid;
begin
  select organisation_id into home from rbac.roles where id = new.role_id;
  if home is not null and home is distinct from new.organisation_id then
    raise exception 'the role is one of an organisation and can be assigned in it only'
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger check_assignment before insert or update on rbac.assignments
  for each row execute function rbac.check_assignment();

create function rbac.check_role() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.organisation_id is distinct from old.organisation_id then
    raise exception 'a role stays in its organisation' using errcode = 'check_violation';
  end if;
  if tg_op = 'UPDATE' and old.built_in and (new.name <> old.name or not new.built_in) then
    raise exception 'a built-in role keeps its name' using errcode = 'check_violation';
  end if;
  if tg_op = 'DELETE' then
    if old.built_in then
      raise exception 'a built-in role stays' using errcode = 'check_violation';
    end if;
    return old;
  end if;
  return new;
end
$$;
create trigger check_role before update or delete on rbac.roles
  for each row execute function rbac.check_role();
revoke execute on function rbac.check_role_parent(), rbac.check_assignment(), rbac.check_role() from public;

-- What this schema itself asks for.
insert into rbac.permissions (name, description) values
  ('*:*', 'Everything'),
  ('rbac.permission:write', 'Declare permissions'),
  ('rbac.role:read', 'See roles and what they may do'),
  ('rbac.role:write', 'Make and change roles, of permissions that one has'),
  ('rbac.assignment:read', 'See who has which role'),
  ('rbac.assignment:write', 'Assign and revoke roles that one has'),
  ('rbac.organisation:create', 'Found an organisation'),
  ('rbac.organisation:read', 'See an organisation without being a member'),
  ('rbac.organisation:update', 'Change an organisation'),
  ('rbac.organisation:delete', 'Dissolve an organisation'),
  ('rbac.member:read', 'See the members of an organisation and its invitations'),
  ('rbac.member:write', 'Invite and remove members of an organisation'),
  ('rbac.service_account:read', 'See service accounts'),
  ('rbac.service_account:write', 'Make and remove service accounts');

insert into rbac.roles (name, description, built_in) values
  ('administrator', 'Everything', true),
  ('organisation-owner', 'Everything about an organisation; rbac.toml adds what the application knows', true),
  ('organisation-member', 'Sees the organisation and its members', true);

insert into rbac.role_permissions (role_id, permission)
select role.id, given.permission
from (values
  ('administrator', '*:*'),
  ('organisation-owner', 'rbac.role:read'),
  ('organisation-owner', 'rbac.role:write'),
  ('organisation-owner', 'rbac.assignment:read'),
  ('organisation-owner', 'rbac.assignment:write'),
  ('organisation-owner', 'rbac.organisation:update'),
  ('organisation-owner', 'rbac.organisation:delete'),
  ('organisation-owner', 'rbac.member:write'),
  ('organisation-owner', 'rbac.service_account:read'),
  ('organisation-owner', 'rbac.service_account:write'),
  ('organisation-member', 'rbac.organisation:read'),
  ('organisation-member', 'rbac.member:read')
) as given (role, permission)
join rbac.roles role on role.name = given.role;

insert into rbac.role_parents (role_id, parent_id)
select owner.id, member.id from rbac.roles owner, rbac.roles member
where owner.name = 'organisation-owner' and member.name = 'organisation-member';
