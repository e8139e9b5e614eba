-- Primary keys, unique constraints and foreign keys of every schema, as views may show columns of
-- tables that are not exposed themselves. Columns come in the key's own order.
with
key as materialized (
    select
        oid,
        contype as kind,
        conname as name,
        conrelid as relation,
        conkey as columns,
        confrelid as foreign_relation,
        confkey as foreign_columns,
        conparentid <> 0 as inherited
    from pg_constraint
    where contype in ('p', 'u', 'f')
        and connamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
),
part as (
    select oid, false as is_foreign, relation, attnum, position
    from key, unnest(columns) with ordinality as part (attnum, position)
    union all
    select oid, true, foreign_relation, attnum, position
    from key, unnest(foreign_columns) with ordinality as part (attnum, position)
    where kind = 'f'
),
named as (
    select
        part.oid,
        json_agg(json_build_array(attnum, attname) order by position)
            filter (where not is_foreign) as columns,
        json_agg(json_build_array(attnum, attname) order by position)
            filter (where is_foreign) as foreign_columns
    from part
    join pg_attribute using (attnum)
    where attrelid = part.relation
    group by part.oid
)
select json_build_object(
    'kind', kind,
    'name', key.name,
    'inherited', inherited,
    'table', json_build_array(source.oid::int8, source_schema.nspname, source.relname),
    'columns', named.columns,
    'foreign_table', case when kind = 'f' then
        json_build_array(target.oid::int8, target_schema.nspname, target.relname)
    end,
    'foreign_columns', coalesce(named.foreign_columns, '[]')
)::text
from key
join named on named.oid = key.oid
join pg_class source on source.oid = key.relation
join pg_namespace source_schema on source_schema.oid = source.relnamespace
left join pg_class target on target.oid = key.foreign_relation
left join pg_namespace target_schema on target_schema.oid = target.relnamespace
