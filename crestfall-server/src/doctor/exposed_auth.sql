-- Accounts, keys and the audit log where requests reach them.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s may read it', r.rolname) as finding,
       format('revoke all on %I.%I from %I', n.nspname, c.relname, r.rolname) as remedy,
       true as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2) and has_any_column_privilege(r.oid, c.oid, 'select')
where n.nspname = 'auth' and c.relkind in ('r', 'p', 'v', 'm') and not c.relrowsecurity
  and has_schema_privilege(r.oid, n.oid, 'usage')
union all
select format('schema %I', one), 'the REST API exposes it', 'take it out of rest.schemas', true
from unnest($1) as one where one in ('auth', 'crestfall')
union all
select distinct format('%I.%I', n.nspname, c.relname),
       format('%s may read it, and it shows columns of auth.%I', r.rolname, t.relname),
       format('revoke select on %I.%I from %I; show the columns that are needed by a table of your own', n.nspname, c.relname, r.rolname),
       r.rolname = $3
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite w on w.ev_class = c.oid
join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
join pg_class t on t.oid = d.refobjid
join pg_namespace tn on tn.oid = t.relnamespace and tn.nspname = 'auth'
join pg_roles r on r.rolname = any ($2) and has_any_column_privilege(r.oid, c.oid, 'select')
where n.nspname = any ($1) and c.relkind in ('v', 'm')
order by 1
