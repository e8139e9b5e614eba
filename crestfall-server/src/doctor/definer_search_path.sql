-- Functions that run with their owner's rights and find names by the caller's search_path.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select p.oid::regprocedure::text as place,
       'it runs as its owner, and finds names by the search_path of whoever calls it' as finding,
       format('alter function %s set search_path = ''''; and name the schema of everything in it', p.oid::regprocedure) as remedy,
       false as is_worse
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any ($1) and p.prosecdef and $3 is not null
  and not exists (select from unnest(p.proconfig) as setting where setting like 'search\_path=%')
  and exists (select from pg_roles r where r.rolname = any ($2) and has_function_privilege(r.oid, p.oid, 'execute'))
  and p.probin is null
order by 1
