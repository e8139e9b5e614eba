-- Tables whose row-level security lets nobody see anything.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s may use it, and there is no policy: they see no row', string_agg(r.rolname, ', ' order by r.rolname)) as finding,
       format('create policy ... on %I.%I; or revoke the grants', n.nspname, c.relname) as remedy,
       $3 is null as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2)
where n.nspname = any ($1) and c.relkind in ('r', 'p') and c.relrowsecurity
  and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
  and not r.rolbypassrls
  and not exists (select from pg_policy p where p.polrelid = c.oid)
group by n.nspname, c.relname
order by 1
