-- The functions of a schema that the current role may execute and a request can call (the same
-- that the catalogue holds), one JSON object each, their types as the search path lets them be
-- written.
-- $1 schema  text
select pg_catalog.json_build_object(
    'name', proname,
    'description', pg_catalog.obj_description(pg_proc.oid, 'pg_proc'),
    'volatile', provolatile = 'v',
    'arguments', coalesce(inputs.list, '[]')
)::text
from pg_catalog.pg_proc
cross join lateral (
    select pg_catalog.json_agg(
        pg_catalog.json_build_object(
            'name', coalesce(name, ''),
            'data_type', pg_catalog.format_type(type, null),
            'required', position <= pronargs - pronargdefaults,
            'variadic', mode = 'v'
        )
        order by position
    ) as list
    from (
        select
            name,
            type,
            coalesce(mode, 'i') as mode,
            pg_catalog.row_number() over (order by place) as position
        from rows from (
            pg_catalog.unnest(coalesce(proallargtypes, proargtypes::oid[])),
            pg_catalog.unnest(proargmodes),
            pg_catalog.unnest(proargnames)
        ) with ordinality as argument (type, mode, name, place)
        where coalesce(mode, 'i') in ('i', 'b', 'v')
    ) as input
) as inputs
where pronamespace = (select oid from pg_catalog.pg_namespace where nspname = $1::text)
    and prokind = 'f'
    and prorettype <> 'pg_catalog.trigger'::regtype
    and (
        proargnames is not null
        or pronargs = 0
        or pronargs = 1 and proargtypes[0] in (
            'pg_catalog.bytea'::regtype,
            'pg_catalog.json'::regtype,
            'pg_catalog.jsonb'::regtype,
            'pg_catalog.text'::regtype,
            'pg_catalog.xml'::regtype
        )
    )
    and pg_catalog.has_function_privilege(pg_proc.oid, 'execute')
