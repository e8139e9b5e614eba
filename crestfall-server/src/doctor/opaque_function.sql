-- Functions that give rows as their owner, and whose body does not tell of which tables.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select p.oid::regprocedure::text as place,
       format('%s may call it, and it gives rows as its owner %s; of which tables cannot be seen',
         string_agg(r.rolname, ', ' order by r.rolname), pg_get_userbyid(p.proowner)) as finding,
       format('alter function %s security invoker; or write it with BEGIN ATOMIC, so that what it reads is checked; or a line @public in its comment',
         p.oid::regprocedure) as remedy,
       bool_or(r.rolname = $3) as is_worse
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_roles r on r.rolname = any ($2) and has_function_privilege(r.oid, p.oid, 'execute')
where n.nspname = any ($1) and p.prosecdef and p.proretset and p.prosqlbody is null
  and coalesce(obj_description(p.oid, 'pg_proc'), '') !~ '(^|\n)\s*@public\s*($|\n)'
group by p.oid, p.proowner
order by 1
