-- Functions of every schema from one row of a relation to rows of a relation.
with
relation as (
    select reltype as type, nspname as schema, relname as name
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'f', 'v', 'm')
)
select json_build_object(
    'function', json_build_array(home.nspname, proname),
    'table', json_build_array(source.schema, source.name),
    'foreign_table', json_build_array(target.schema, target.name),
    'to_one', not proretset or prorows = 1
)::text
from pg_proc
join pg_namespace home on home.oid = pronamespace
join relation source on source.type = proargtypes[0]
join relation target on target.type = prorettype
where pronargs = 1 and prokind = 'f'
