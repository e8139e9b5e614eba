-- Views that read with their owner's rights, past the policies that hold the caller.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
with recursive used as (
  select distinct w.ev_class as view, d.refobjid as relation
  from pg_rewrite w
  join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
    and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.ev_class
), below as (
  select view, relation from used
  union
  select b.view, u.relation from below b join used u on u.view = b.relation
)
select format('%I.%I', n.nspname, c.relname) as place,
       format('%s may use it, and it reads as its owner %s: %s', string_agg(distinct r.rolname, ', '),
         pg_get_userbyid(c.relowner),
         coalesce('past the policies of ' || string_agg(distinct t.oid::regclass::text, ', ') filter (where t.relrowsecurity), 'whatever it selects from')) as finding,
       format('alter view %I.%I set (security_invoker = true); or a line @public in its comment', n.nspname, c.relname) as remedy,
       bool_or(t.relrowsecurity) is true as is_worse
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2) and has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
left join below b on b.view = c.oid
left join pg_class t on t.oid = b.relation and t.relkind in ('r', 'p')
where n.nspname = any ($1) and c.relkind = 'v'
  and not coalesce((select lower(option_value) in ('true', 'on', '1', 'yes') from pg_options_to_table(c.reloptions)
    where option_name = 'security_invoker'), false)
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '(^|\n)\s*@public\s*($|\n)'
  and $3 is not null
group by c.oid, n.nspname, c.relname, c.relowner
order by 1
