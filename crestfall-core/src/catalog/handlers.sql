-- What the exposed schemas can answer a media type with: aggregates over one row type (or any)
-- that return a domain named after the media type, and functions that return such a domain.
-- $1 schemas  text[]  exposed schemas
with
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
),
media_type as (
    select pg_type.oid, typname as name, nspname as schema
    from pg_type
    join pg_namespace on pg_namespace.oid = typnamespace
    where typtype = 'd' and (typname ~ '^[A-Za-z0-9.-]+/[A-Za-z0-9.+-]+$' or typname = '*/*')
),
handled as (
    select reltype as type, nspname as schema, relname as name
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'f', 'v', 'm')
    union all
    select 'anyelement'::regtype, null, null
)
select json_build_object(
    'function', json_build_array(home.nspname, proname),
    'target', case when handled.name is not null then json_build_array(handled.schema, handled.name) end,
    'media_type', media_type.name
)::text
from media_type
join pg_proc on prorettype = media_type.oid
join pg_namespace home on home.oid = pronamespace
join handled on handled.type = proargtypes[0]
where prokind = 'a' and pronargs = 1 and pronamespace in (select schema from exposed)
union all
select json_build_object(
    'function', json_build_array(media_type.schema, media_type.name),
    'target', json_build_array(home.nspname, proname),
    'media_type', media_type.name
)::text
from media_type
join pg_proc on prorettype = media_type.oid
join pg_namespace home on home.oid = pronamespace
where prokind = 'f' and not proretset and pronamespace in (select schema from exposed)
