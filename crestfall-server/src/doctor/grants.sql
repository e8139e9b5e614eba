-- Rights of requests' roles that row-level security does not hold.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s has %s, which no policy holds', r.rolname, string_agg(distinct a.privilege_type, ', ')) as finding,
       format('revoke %s on %I.%I from %s', lower(string_agg(distinct a.privilege_type, ', ')), n.nspname, c.relname,
         case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end) as remedy,
       $3 is not null as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join lateral aclexplode(c.relacl) as a
join pg_roles r on r.rolname = any ($2) and (a.grantee = r.oid or a.grantee = 0)
where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')
group by n.nspname, c.relname, r.rolname, a.grantee
union all
select format('schema %I', n.nspname), format('%s may create objects in it', r.rolname),
       format('revoke create on schema %I from %I, public', n.nspname, r.rolname), true
from pg_namespace n join pg_roles r on r.rolname = any ($2)
where n.nspname = any ($1) and has_schema_privilege(r.oid, n.oid, 'create')
order by 1
