-- Foreign keys between relations of the exposed schemas, in the order of creation.
-- $1 schemas  text[]  exposed schemas
with
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
)
select json_build_object(
    'description', obj_description(key.oid, 'pg_constraint'),
    'table', json_build_array(source_schema.nspname, source.relname),
    'columns', (
        select json_agg(attname order by position)
        from unnest(conkey) with ordinality as part (attnum, position)
        join pg_attribute on attrelid = conrelid and pg_attribute.attnum = part.attnum
    ),
    'foreign_table', json_build_array(target_schema.nspname, target.relname),
    'foreign_columns', (
        select json_agg(attname order by position)
        from unnest(confkey) with ordinality as part (attnum, position)
        join pg_attribute on attrelid = confrelid and pg_attribute.attnum = part.attnum
    )
)::text
from pg_constraint key
join pg_class source on source.oid = conrelid
join pg_namespace source_schema on source_schema.oid = source.relnamespace
join pg_class target on target.oid = confrelid
join pg_namespace target_schema on target_schema.oid = target.relnamespace
where contype = 'f'
    and conparentid = 0
    and source.relnamespace in (select schema from exposed)
    and target.relnamespace in (select schema from exposed)
order by key.oid
