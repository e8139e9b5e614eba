-- Policies whose condition compares columns that no index begins with: every query reads the whole table.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I, policy %I', n.nspname, c.relname, p.polname) as place,
       format('it compares %s, and no index begins with %s', string_agg(a.attname, ', ' order by a.attnum),
         case when count(*) = 1 then 'it' else 'one of them' end) as finding,
       format('create index on %I.%I (%I)', n.nspname, c.relname, min(a.attname::text)) as remedy,
       false as is_worse
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
  and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid > 0
join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
where n.nspname = any ($1) and p.polcmd in ('r', '*', 'w', 'd') and p.polqual is not null
  and ($2 is not null or $3 is not null)
group by n.nspname, c.relname, c.oid, p.polname, c.reltuples
having not bool_or(exists (
  select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid
))
order by 1
