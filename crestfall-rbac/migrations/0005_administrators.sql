-- Somebody can always manage: the last administrator stays.
--
-- An administrator has `*:*` everywhere and for ever. Whatever would leave none is refused: a revoked or
-- resigned assignment, an end that is set, a role that goes or no longer has it. Superusers may; for them
-- alone there is a way back (`crestfall users grant-admin`).
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_rbac') then
    set local role crestfall_rbac;
  end if;
end
$$;

-- Refuses unless somebody is administrator, whatever transactions under way do.
create function rbac.keep_administrator() returns void
language plpgsql security definer set search_path = '' as $$
begin
  -- Not the owner of this function, nor who logged in if they act as somebody else.
  if (select rolsuper from pg_catalog.pg_roles where rolname = case pg_catalog.current_setting('role')
    when 'none' then session_user else pg_catalog.current_setting('role') end)
  then
    return;
  end if;
  -- One at a time: of two who resign at once, the second finds that the first has gone. What is locked
  -- is about to be changed by a transaction that waits here, and does not count; what is found stays
  -- until this transaction ends, also for one whose snapshot is older.
  perform pg_catalog.pg_advisory_xact_lock(7166173020);
  perform from rbac.assignments a
  join rbac.role_closure closure on closure.role_id = a.role_id
  join rbac.role_permissions r on r.role_id = closure.above_id
  where a.organisation_id is null and a.resource is null and coalesce(a.expires_at, 'infinity') = 'infinity'
    and r.permission = '*:*'
  limit 1
  for key share of a, closure, r skip locked;
  if not found then
    raise exception 'this would leave nobody who is administrator: appoint another first'
      using errcode = 'restrict_violation',
        detail = 'An administrator has the permission *:* everywhere, by an assignment that does not end.',
        hint = 'A superuser of the database may do it all the same.';
  end if;
end
$$;

-- Whether a role, or one below it, makes somebody administrator who has what this role has.
create function rbac.makes_administrator(role uuid) returns boolean
language sql stable as $$
  select exists (
    select from rbac.role_closure closure
    join rbac.assignments a on a.role_id = closure.role_id
    where closure.above_id = role
      and a.organisation_id is null and a.resource is null and coalesce(a.expires_at, 'infinity') = 'infinity'
  )
$$;

-- Before a change of these tables and after it: who was administrator may be none any more.
create function rbac.keep_administrator_of_assignments() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    select from changed
    join rbac.role_grants r on r.role_id = changed.role_id
    where r.permission = '*:*' and changed.organisation_id is null and changed.resource is null
      and coalesce(changed.expires_at, 'infinity') = 'infinity'
  ) then
    perform rbac.keep_administrator();
  end if;
  return null;
end
$$;

create function rbac.keep_administrator_of_permissions() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    select from changed where permission = '*:*' and rbac.makes_administrator(role_id)
  ) then
    perform rbac.keep_administrator();
  end if;
  return null;
end
$$;

-- What is above roles is found anew already; so the parents that went are walked beside those that stay.
create function rbac.keep_administrator_of_parents() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (
    with recursive edges as (
      select role_id, parent_id from rbac.role_parents
      union
      select role_id, parent_id from changed
    ), below (id) as (
      select role_id from rbac.role_permissions where permission = '*:*'
      union
      select edges.role_id from below join edges on edges.parent_id = below.id
    )
    select from below
    join rbac.assignments a on a.role_id = below.id
    where a.organisation_id is null and a.resource is null and coalesce(a.expires_at, 'infinity') = 'infinity'
  ) then
    perform rbac.keep_administrator();
  end if;
  return null;
end
$$;

-- Emptying a table leaves none for certain, if there was one.
create function rbac.keep_all_administrators() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform rbac.keep_administrator();
  return null;
end
$$;

-- A role takes its assignments and permissions with it: one after the other, while the rules above still
-- see what it was.
create function rbac.empty_role() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from rbac.assignments where role_id = old.id;
  delete from rbac.role_parents where parent_id = old.id;
  delete from rbac.role_parents where role_id = old.id;
  delete from rbac.role_permissions where role_id = old.id;
  return old;
end
$$;

-- By name after those that keep what these read.
create trigger keep_administrator_delete after delete on rbac.assignments referencing old table as changed
  for each statement execute function rbac.keep_administrator_of_assignments();
create trigger keep_administrator_update after update on rbac.assignments referencing old table as changed
  for each statement execute function rbac.keep_administrator_of_assignments();
create trigger keep_administrator_delete after delete on rbac.role_permissions
  referencing old table as changed
  for each statement execute function rbac.keep_administrator_of_permissions();
create trigger keep_administrator_update after update on rbac.role_permissions
  referencing old table as changed
  for each statement execute function rbac.keep_administrator_of_permissions();
create trigger keep_administrator_delete after delete on rbac.role_parents referencing old table as changed
  for each statement execute function rbac.keep_administrator_of_parents();
create trigger empty_role before delete on rbac.roles
  for each row execute function rbac.empty_role();
do $$
declare
  name text;
begin
  foreach name in array array['assignments', 'role_permissions', 'role_parents'] loop
    execute format('create trigger keep_administrator_truncate after truncate on rbac.%I '
      'for each statement execute function rbac.keep_all_administrators()', name);
  end loop;
end
$$;
revoke execute on function rbac.keep_administrator(), rbac.makes_administrator(uuid),
  rbac.keep_administrator_of_assignments(), rbac.keep_administrator_of_permissions(),
  rbac.keep_administrator_of_parents(), rbac.keep_all_administrators(), rbac.empty_role() from public;
