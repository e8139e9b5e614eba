-- The comment on a schema, if it has one.
-- $1 schema  text
select description
from pg_catalog.pg_namespace
join pg_catalog.pg_description on objoid = pg_namespace.oid
where nspname = $1::text
    and classoid = 'pg_catalog.pg_namespace'::regclass
    and objsubid = 0
