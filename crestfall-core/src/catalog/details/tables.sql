-- What tables.sql leaves out: row types, row security, unique indexes over plain columns, and of
-- each column its type and whether PostgreSQL fills it in. In the order of creation.
-- $1 schemas  text[]  exposed schemas
with
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
),
relation as materialized (
    select pg_class.oid, nspname as schema, relname as name, reltype, relrowsecurity
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relnamespace in (select schema from exposed)
        and nspname not in ('pg_catalog', 'information_schema')
        and relkind in ('r', 'p', 'f', 'v', 'm')
        and not relispartition
),
serial as materialized (
    select refobjid as relation, refobjsubid as number
    from pg_depend
    join pg_class on pg_class.oid = objid and relkind = 'S'
    where classid = 'pg_class'::regclass
        and refclassid = 'pg_class'::regclass
        and refobjsubid > 0
        and deptype in ('a', 'i')
),
columns as (
    select
        attrelid as relation,
        json_agg(
            json_build_array(
                attname,
                atttypid::int8,
                attgenerated <> '',
                exists (select from serial where serial.relation = attrelid and number = attnum)
            )
            order by attnum
        ) as list
    from relation
    join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
    group by attrelid
),
keys as (
    select
        indrelid as relation,
        json_agg(json_build_array(indisprimary, index.columns) order by indisprimary desc, indexrelid) as list
    from pg_index
    join relation on relation.oid = indrelid
    cross join lateral (
        select json_agg(attname order by position) as columns
        from unnest(indkey::int2[]) with ordinality as part (attnum, position)
        join pg_attribute on attrelid = indrelid and pg_attribute.attnum = part.attnum
        where position <= indnkeyatts
    ) as index
    where indisunique and indpred is null and indexprs is null
    group by indrelid
)
select json_build_object(
    'oid', relation.oid::int8,
    'schema', relation.schema,
    'name', relation.name,
    'row_type', reltype::int8,
    'row_security', relrowsecurity,
    'columns', coalesce(columns.list, '[]'),
    'unique_keys', coalesce(keys.list, '[]')
)::text
from relation
left join columns on columns.relation = relation.oid
left join keys on keys.relation = relation.oid
order by relation.oid
