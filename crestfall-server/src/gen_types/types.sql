-- Every type, but those of TOAST tables, with what enums, domains, arrays and composites consist of.
select json_build_object(
    'oid', pg_type.oid::int8,
    'schema', nspname,
    'name', typname,
    'kind', typtype,
    'element', case when typcategory = 'A' and typelem <> 0 then typelem::int8 end,
    'base', case when typtype = 'd' then typbasetype::int8 end,
    'not_null', typnotnull,
    'is_row_of_relation', coalesce(relkind <> 'c', false),
    'comment', obj_description(pg_type.oid, 'pg_type'),
    'labels', (
        select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = pg_type.oid
    ),
    'attributes', case when relkind = 'c' then (
        select json_agg(
            json_build_object(
                'name', attname,
                'kind', atttypid::int8,
                'comment', col_description(attrelid, attnum)
            )
            order by attnum
        )
        from pg_attribute
        where attrelid = typrelid and attnum > 0 and not attisdropped
    ) end
)::text
from pg_type
join pg_namespace on pg_namespace.oid = typnamespace
left join pg_class on pg_class.oid = typrelid
where nspname <> 'pg_toast'
