-- The functions of a schema that the current role may execute and a request can call, one JSON
-- object each; overloads by number of arguments.
-- $1 schema  text
-- $2 whose   text  'role': what the current role may execute; 'all': everything
select pg_catalog.json_build_object(
    'name', proname,
    'description', pg_catalog.obj_description(pg_proc.oid, 'pg_proc'),
    'volatile', provolatile = 'v',
    'set_of', proretset,
    'returns', prorettype::bigint,
    'arguments', coalesce(arguments.inputs, '[]'),
    'columns', coalesce(arguments.outputs, '[]')
)::text
from pg_catalog.pg_proc
cross join lateral (
    select
        pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'name', coalesce(name, ''),
                'type', type::bigint,
                'required', position <= pronargs - pronargdefaults,
                'variadic', mode = 'v'
            )
            order by place
        ) filter (where is_input) as inputs,
        pg_catalog.json_agg(
            pg_catalog.json_build_object('name', coalesce(name, ''), 'type', type::bigint)
            order by place
        ) filter (where mode in ('o', 'b', 't')) as outputs
    from (
        select
            name,
            type,
            place,
            mode,
            mode in ('i', 'b', 'v') as is_input,
            pg_catalog.count(*) filter (where mode in ('i', 'b', 'v')) over (order by place)
                as position
        from (
            select name, type, coalesce(mode, 'i') as mode, place
            from rows from (
                pg_catalog.unnest(coalesce(proallargtypes, proargtypes::oid[])),
                pg_catalog.unnest(proargmodes),
                pg_catalog.unnest(proargnames)
            ) with ordinality as argument (type, mode, name, place)
        ) as named
    ) as numbered
) as arguments
where pronamespace = (select oid from pg_catalog.pg_namespace where nspname = $1::text)
    and prokind = 'f'
    and prorettype <> 'pg_catalog.trigger'::regtype
    and prorettype <> 'pg_catalog.event_trigger'::regtype
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
    and ($2::text = 'all' or pg_catalog.has_function_privilege(pg_proc.oid, 'execute'))
order by proname, pronargs, pg_proc.oid
