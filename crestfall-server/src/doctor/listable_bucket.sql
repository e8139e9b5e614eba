-- Buckets whose objects can be listed without a credential.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I, policy %I', n.nspname, c.relname, p.polname) as place,
       format('%s may list objects where %s', r.rolname, pg_get_expr(p.polqual, p.polrelid)) as finding,
       format('restrict or drop policy %I on storage.objects: public buckets serve their objects without it', p.polname) as remedy,
       pg_get_expr(p.polqual, p.polrelid) = 'true' as is_worse
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = $3 and (p.polroles = '{0}' or r.oid = any (p.polroles))
where n.nspname = 'storage' and c.relname = 'objects' and p.polpermissive and p.polcmd in ('r', '*')
  and has_table_privilege(r.oid, c.oid, 'select')
  and coalesce(pg_get_expr(p.polqual, p.polrelid), '') !~* 'auth\.|request\.|current_setting|rbac\.'
  and ($1 is not null or $2 is not null)
order by 1
