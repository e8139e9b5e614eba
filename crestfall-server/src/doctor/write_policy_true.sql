-- Policies by which whoever holds a role writes any row.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I, policy %I', n.nspname, c.relname, p.polname) as place,
       format('it lets %s %s any row', coalesce(string_agg(distinct r.rolname, ', '), 'nobody'),
         case p.polcmd when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'write' end) as finding,
       format('alter policy %I on %I.%I with a condition in place of `true`', p.polname, n.nspname, c.relname) as remedy,
       bool_or(r.rolname = $3) as is_worse
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2) and (p.polroles = '{0}' or r.oid = any (p.polroles)
  or exists (select from unnest(p.polroles) as o where o <> 0 and pg_has_role(r.oid, o, 'usage')))
where n.nspname = any ($1) and p.polpermissive and p.polcmd in ('a', 'w', 'd', '*') and c.relrowsecurity
  and not r.rolbypassrls
  and case
    when p.polcmd = 'd' then pg_get_expr(p.polqual, p.polrelid) = 'true'
    else coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) = 'true'
  end
  and has_table_privilege(r.oid, c.oid,
    case p.polcmd when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'insert, update, delete' end)
group by n.nspname, c.relname, p.polname, p.polcmd
order by 1
