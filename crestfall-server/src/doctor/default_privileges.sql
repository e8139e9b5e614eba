-- Grants that what does not exist yet will have.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('default privileges of %I%s', pg_get_userbyid(d.defaclrole),
         coalesce(format(' in schema %I', n.nspname), '')) as place,
       format('new %s are given to %s at once: %s',
         case d.defaclobjtype when 'r' then 'tables' when 'f' then 'functions' when 'S' then 'sequences' else 'objects' end,
         coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ')) as finding,
       format('alter default privileges for role %I%s revoke all on %s from %s', pg_get_userbyid(d.defaclrole),
         coalesce(format(' in schema %I', n.nspname), ''),
         case d.defaclobjtype when 'r' then 'tables' when 'f' then 'functions' when 'S' then 'sequences' else 'types' end,
         coalesce(quote_ident(r.rolname), 'public')) as remedy,
       d.defaclobjtype = 'r' and (r.rolname = $3 or r.rolname is null) as is_worse
from pg_default_acl d
left join pg_namespace n on n.oid = d.defaclnamespace
cross join lateral aclexplode(d.defaclacl) as a
left join pg_roles r on r.oid = a.grantee
where (n.oid is null or n.nspname = any ($1)) and d.defaclobjtype in ('r', 'f', 'S')
  and (r.rolname = any ($2) or a.grantee = 0)
group by d.defaclrole, d.defaclobjtype, n.nspname, r.rolname
order by 1
