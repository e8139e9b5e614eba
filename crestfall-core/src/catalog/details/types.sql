-- The types that columns and functions of the exposed schemas have, those types' elements, and the
-- enums of the exposed schemas.
-- $1 schemas  text[]  exposed schemas
with
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
),
used as (
    select atttypid as type
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    where relnamespace in (select schema from exposed)
        and relkind in ('r', 'p', 'f', 'v', 'm')
        and attnum > 0 and not attisdropped
    union
    select prorettype from pg_proc where pronamespace in (select schema from exposed)
    union
    select unnest(proargtypes) from pg_proc where pronamespace in (select schema from exposed)
    union
    select oid from pg_type where typtype = 'e' and typnamespace in (select schema from exposed)
),
wanted as (
    select type from used
    union
    select typelem from pg_type where oid in (select type from used) and typcategory = 'A' and typelem <> 0
)
select json_build_object(
    'oid', pg_type.oid::int8,
    'schema', nspname,
    'name', typname,
    'category', case
        when typcategory = 'A' then 'array'
        when typtype = 'e' then 'enum'
        when typtype = 'p' then 'pseudo'
        when typcategory = 'C' and relkind = 'c' then 'composite'
        when typcategory = 'C' then 'row'
        else 'other'
    end,
    'element', nullif(typelem, 0)::int8,
    'description', obj_description(pg_type.oid, 'pg_type'),
    'labels', case when typtype = 'e' then (
        select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = pg_type.oid
    ) end
)::text
from pg_type
join pg_namespace on pg_namespace.oid = typnamespace
left join pg_class on pg_class.oid = typrelid
where pg_type.oid in (select type from wanted)
order by pg_type.oid
