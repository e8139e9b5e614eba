-- The relations of schemas, each with its columns in order. A partition is not listed: its parent
-- stands for it.
-- $1 schemas  text[]
select json_build_object(
    'oid', pg_class.oid::int8,
    'schema', nspname,
    'name', relname,
    'is_view', relkind in ('v', 'm'),
    'row_security', relrowsecurity,
    'comment', obj_description(pg_class.oid, 'pg_class'),
    -- The events are a set of bits: 3 is INSERT, 2 is UPDATE.
    'insertable', relkind in ('r', 'p') or pg_relation_is_updatable(pg_class.oid, true) & (1 << 3) <> 0,
    'updatable', relkind in ('r', 'p') or pg_relation_is_updatable(pg_class.oid, true) & (1 << 2) <> 0,
    'columns', coalesce((
        select json_agg(
            json_build_object(
                'number', attnum,
                'name', attname,
                'kind', atttypid::int8,
                -- As it was declared: PostgreSQL holds nobody to it.
                'dimensions', attndims,
                'not_null', attnotnull,
                'has_default', atthasdef and attgenerated = '' or attidentity <> ''
                    or pg_type.typdefault is not null,
                'always', attidentity = 'a' or attgenerated <> '',
                'writable', relkind in ('r', 'p') or relkind in ('v', 'f')
                    and pg_column_is_updatable(attrelid, attnum, true),
                'comment', col_description(attrelid, attnum)
            )
            order by attnum
        )
        from pg_attribute
        join pg_type on pg_type.oid = atttypid
        where attrelid = pg_class.oid and attnum > 0 and not attisdropped
    ), '[]')
)::text
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where nspname = any ($1::text[]) and relkind in ('r', 'p', 'f', 'v', 'm') and not relispartition
order by array_position($1::text[], nspname::text), relname collate "C"
