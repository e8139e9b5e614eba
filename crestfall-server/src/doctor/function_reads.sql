-- Functions by which requests read rows that no policy holds: as their owner, or of tables that stand in no
-- exposed schema. Only bodies of SQL's standard form (BEGIN ATOMIC, RETURN) tell what they read; see
-- opaque_function for the others. Functions and tables that are marked are meant to be public.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select p.oid::regprocedure::text as place,
       format('%s may call it, and by it read %s, where no policy holds %s', string_agg(distinct r.rolname, ', '),
         string_agg(distinct c.oid::regclass::text, ', '),
         case when p.prosecdef then 'its owner ' || pg_get_userbyid(p.proowner) else 'them' end) as finding,
       format(case when p.prosecdef then 'alter function %s security invoker, or revoke execute on it; or a line @public in its comment'
         else 'enable row level security on what %s reads, or revoke execute on it; or a line @public in its comment' end,
         p.oid::regprocedure) as remedy,
       bool_or(r.rolname = $3) and p.proretset as is_worse
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_roles owner on owner.oid = p.proowner
join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p', 'm', 'f')
join pg_namespace t on t.oid = c.relnamespace
join pg_roles r on r.rolname = any ($2) and has_function_privilege(r.oid, p.oid, 'execute')
where n.nspname = any ($1) and p.prosqlbody is not null
  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and case when p.prosecdef
    then not c.relrowsecurity or owner.rolsuper or owner.rolbypassrls
      or not c.relforcerowsecurity and pg_has_role(p.proowner, c.relowner, 'usage')
    else not c.relrowsecurity and not t.nspname = any ($1)
      and has_schema_privilege(r.oid, t.oid, 'usage') and has_any_column_privilege(r.oid, c.oid, 'select')
  end
  and coalesce(obj_description(p.oid, 'pg_proc'), '') !~ '(^|\n)\s*@public\s*($|\n)'
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '(^|\n)\s*@public\s*($|\n)'
group by p.oid, p.prosecdef, p.proowner, p.proretset
order by 1
