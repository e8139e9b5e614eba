-- Tables that requests may use and that have no row-level security. Marked ones are meant to be public.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s may use it, and row-level security is off', string_agg(r.rolname, ', ' order by r.rolname)) as finding,
       format('alter table %1$I.%2$I enable row level security; and policies for who may see what; or a line @public in its comment', n.nspname, c.relname) as remedy,
       bool_or(r.rolname = $3) as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2)
where n.nspname = any ($1) and c.relkind in ('r', 'p') and not c.relrowsecurity
  and not c.relispartition
  and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
    or has_any_column_privilege(r.oid, c.oid, 'select, insert, update'))
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '(^|\n)\s*@public\s*($|\n)'
group by n.nspname, c.relname
order by 1
