-- What tables.sql leaves out: row types, row security, unique indexes, and of each column its type and
-- whether PostgreSQL fills it in. In the order of creation.
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
                exists (select from serial where serial.relation = attrelid and number = attnum),
                attidentity = 'a'
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
),
target as (
    select
        indrelid as relation,
        json_agg(
            json_build_array(index.relname, part.list || coalesce(' where ' || pg_get_expr(indpred, indrelid), ''), used.columns)
            order by indisprimary desc, indexrelid
        ) as list
    from pg_index
    join relation on relation.oid = indrelid
    join pg_class index on index.oid = indexrelid
    cross join lateral (
        select '(' || string_agg(
            case
                when part.attnum > 0 then quote_ident(attname)
                else '(' || pg_get_indexdef(indexrelid, position::int, false) || ')'
            end,
            ', '
            order by position
        ) || ')' as list
        from unnest(indkey::int2[]) with ordinality as part (attnum, position)
        left join pg_attribute on attrelid = indrelid and pg_attribute.attnum = part.attnum and part.attnum > 0
        where position <= indnkeyatts
    ) as part
    cross join lateral (
        -- Expressions and conditions are known by what the index depends on.
        select coalesce(json_agg(attname order by attnum), '[]') as columns
        from pg_attribute
        where attrelid = indrelid
            and attnum > 0
            and (
                attnum = any ((indkey::int2[])[0 : indnkeyatts - 1])
                or exists (
                    select from pg_depend
                    where classid = 'pg_class'::regclass
                        and objid = indexrelid
                        and refclassid = 'pg_class'::regclass
                        and refobjid = indrelid
                        and refobjsubid = attnum
                )
            )
    ) as used
    where indisunique and indimmediate and indisvalid
    group by indrelid
)
select json_build_object(
    'oid', relation.oid::int8,
    'schema', relation.schema,
    'name', relation.name,
    'row_type', reltype::int8,
    'row_security', relrowsecurity,
    'columns', coalesce(columns.list, '[]'),
    'unique_keys', coalesce(keys.list, '[]'),
    'conflict_targets', coalesce(target.list, '[]')
)::text
from relation
left join columns on columns.relation = relation.oid
left join keys on keys.relation = relation.oid
left join target on target.relation = relation.oid
order by relation.oid
