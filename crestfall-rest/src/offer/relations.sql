-- The relations of a schema with what the current role may do with them, column by column; one JSON
-- object each. Partitions are reached through their parent.
-- $1 schema  text
-- $2 whose   text  'role': what the current role may; 'all': everything
select pg_catalog.json_build_object(
    'name', relation.relname,
    'delete', $2::text = 'all' or pg_catalog.has_table_privilege(relation.oid, 'delete'),
    'columns', (
        select coalesce(
            pg_catalog.json_agg(
                pg_catalog.json_build_object(
                    'name', attname,
                    'type', atttypid::bigint,
                    'not_null', attnotnull or coalesce(domain.typnotnull, false),
                    'select', $2::text = 'all'
                        or pg_catalog.has_column_privilege(relation.oid, attnum, 'select'),
                    'insert', attgenerated = '' and attidentity <> 'a' and ($2::text = 'all'
                        or pg_catalog.has_column_privilege(relation.oid, attnum, 'insert')),
                    'update', attgenerated = '' and attidentity <> 'a' and ($2::text = 'all'
                        or pg_catalog.has_column_privilege(relation.oid, attnum, 'update'))
                )
                order by attnum
            ),
            '[]'
        )
        from pg_catalog.pg_attribute
        left join pg_catalog.pg_type as domain on domain.oid = atttypid and domain.typtype = 'd'
        where attrelid = relation.oid and attnum > 0 and not attisdropped
    )
)::text
from pg_catalog.pg_class as relation
where relation.relnamespace = (
        select oid from pg_catalog.pg_namespace where nspname = $1::text
    )
    and relation.relkind = any ('{r,p,v,m,f}'::"char"[])
    and not relation.relispartition
    and (
        $2::text = 'all'
        or pg_catalog.has_any_column_privilege(relation.oid, 'select, insert, update')
        or pg_catalog.has_table_privilege(relation.oid, 'delete')
    )
order by relation.relname
