-- Policies that most tables need, written by one call each. They run as the caller, who owns the
-- table, and may be repeated.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_rbac') then
    set local role crestfall_rbac;
  end if;
end
$$;

-- Puts a policy in the place of the one of its name.
create function rbac.put_policy(target regclass, policy name, rule text) returns void
language plpgsql set search_path = '' as $$
begin
  execute pg_catalog.format('alter table %s enable row level security', target);
  if exists (select from pg_catalog.pg_policy p where p.polrelid = target and p.polname = policy) then
    execute pg_catalog.format('drop policy %I on %s', policy, target);
  end if;
  execute pg_catalog.format('create policy %I on %s %s', policy, target, rule);
end
$$;

-- The type of a column; tells when no index begins with it, for then each query reads the table.
create function rbac.policy_column(target regclass, of_column name) returns regtype
language plpgsql set search_path = '' as $$
declare
  found_column pg_catalog.pg_attribute;
begin
  select * into found_column from pg_catalog.pg_attribute a
  where a.attrelid = target and a.attname = of_column and a.attnum > 0 and not a.attisdropped;
  if not found then
    raise exception '% has no column "%"', target, of_column using errcode = 'undefined_column';
  end if;
  if not exists (
    select from pg_catalog.pg_index i
    where i.indrelid = target and i.indkey[0] = found_column.attnum and i.indpred is null
  ) then
    raise notice 'no index of % begins with "%": without one, each query reads the whole table',
      target, of_column;
  end if;
  return found_column.atttypid::regtype;
end
$$;

-- A row is its owner's: who asks sees and changes the rows whose column names them.
create function rbac.policy_owner_only(target regclass, owner_column name) returns void
language plpgsql set search_path = '' as $$
declare
  own text;
begin
  own := case rbac.policy_column(target, owner_column)::text
    when 'uuid' then '(select rbac.subject_uuid())'
    when 'text' then '(select rbac.subject())'
    when 'character varying' then '(select rbac.subject())'
  end;
  if own is null then
    raise exception 'the column of owners must be of type uuid or text' using errcode = 'datatype_mismatch';
  end if;
  perform rbac.put_policy(target, 'crestfall_owner', pg_catalog.format(
    'for all using (%1$I = %2$s) with check (%1$I = %2$s)', owner_column, own));
end
$$;

-- A row is an organisation's: `<resource>:read`, `:create`, `:update` and `:delete` in it say who
-- does what. Without a resource, every member does everything.
create function rbac.policy_organisation(
  target regclass, organisation_column name, resource text default null
) returns void
language plpgsql set search_path = '' as $$
declare
  command record;
  rule text;
begin
  if rbac.policy_column(target, organisation_column) <> 'uuid'::pg_catalog.regtype then
    raise exception 'the column of organisations must be of type uuid' using errcode = 'datatype_mismatch';
  end if;
  for command in
    select * from (values
      ('select', 'read', array['using']),
      ('insert', 'create', array['with check']),
      ('update', 'update', array['using', 'with check']),
      ('delete', 'delete', array['using'])
    ) as command (name, action, clauses)
  loop
    if resource is not null and not rbac.is_permission(resource || ':' || command.action) then
      raise exception 'not a resource: %', resource using errcode = 'invalid_parameter_value';
    end if;
    -- An array that is made by the query is compared faster than one that a function gives as it is.
    rule := pg_catalog.format('(%I = any (array(select pg_catalog.unnest(rbac.organisations(%L)))))',
      organisation_column, resource || ':' || command.action);
    perform rbac.put_policy(target, ('crestfall_organisation_' || command.name)::name,
      pg_catalog.format('for %s ', command.name)
      || (select pg_catalog.string_agg(clause || ' ' || rule, ' ')
          from pg_catalog.unnest(command.clauses) clauses (clause)));
  end loop;
end
$$;

-- Everybody reads every row; a grant must let them too.
create function rbac.policy_public_read(target regclass) returns void
language sql as $$
  select rbac.put_policy(target, 'crestfall_public_read', 'for select using (true)')
$$;
