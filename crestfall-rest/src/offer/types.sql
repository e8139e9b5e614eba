-- Every type that a column or an argument can have, one JSON object each; of PostgreSQL's own row
-- types, none.
select pg_catalog.json_build_object(
    'oid', type.oid::bigint,
    'schema', nspname,
    'name', type.typname,
    'description', pg_catalog.obj_description(type.oid, 'pg_type'),
    'kind', case
        when type.typcategory = 'A' and type.typelem <> 0 then 'array'
        when exists (
            select from pg_catalog.pg_cast
            where castsource = type.oid
                and casttarget = 'pg_catalog.json'::regtype
                and castmethod = 'f'
        ) then 'json'
        when type.typtype = 'e' then 'enum'
        when type.typtype = 'd' then 'domain'
        when type.typtype = 'c' and relkind = 'c' then 'composite'
        when type.typtype = 'c' then 'row'
        else 'base'
    end,
    'of', case when type.typtype = 'd' then type.typbasetype else type.typelem end::bigint,
    'labels', case when type.typtype = 'e' then (
        select pg_catalog.json_agg(enumlabel order by enumsortorder)
        from pg_catalog.pg_enum
        where enumtypid = type.oid
    ) end,
    'attributes', case when type.typtype = 'c' and relkind = 'c' then (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object('name', attname, 'type', atttypid::bigint)
            order by attnum
        )
        from pg_catalog.pg_attribute
        where attrelid = type.typrelid and attnum > 0 and not attisdropped
    ) end
)::text
from pg_catalog.pg_type as type
join pg_catalog.pg_namespace on pg_namespace.oid = type.typnamespace
left join pg_catalog.pg_class on pg_class.oid = type.typrelid
left join pg_catalog.pg_type as element on element.oid = type.typelem
where nspname not in ('pg_catalog', 'information_schema')
    or type.typtype in ('b', 'p', 'r', 'm') and coalesce(element.typtype, 'b') <> 'c'
order by type.oid
