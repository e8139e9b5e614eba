-- Materialized views, and foreign tables: no policy can hold them.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s may read it, and no policy can hold a %s', string_agg(r.rolname, ', ' order by r.rolname),
         case c.relkind when 'm' then 'materialized view' else 'foreign table' end) as finding,
       format('revoke select on %1$I.%2$I from %3$s; or a line @public in its comment', n.nspname, c.relname,
         string_agg(quote_ident(r.rolname), ', ' order by r.rolname)) as remedy,
       exists (
         select from pg_rewrite w
         join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
         join pg_class t on t.oid = d.refobjid and t.relrowsecurity
         where w.ev_class = c.oid
       ) or bool_or(r.rolname = $3) as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2) and has_any_column_privilege(r.oid, c.oid, 'select')
where n.nspname = any ($1) and c.relkind in ('m', 'f')
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '(^|\n)\s*@public\s*($|\n)'
group by c.oid, n.nspname, c.relname, c.relkind
order by 1
