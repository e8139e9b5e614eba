-- The plain functions of the exposed schemas with their input parameters, in the order of creation.
-- $1 schemas  text[]  exposed schemas
with
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
)
select json_build_object(
    'oid', pg_proc.oid::int8,
    'schema', nspname,
    'name', proname,
    'description', obj_description(pg_proc.oid, 'pg_proc'),
    'returns', prorettype::int8,
    'set_of', proretset,
    'one_row', prorows = 1,
    'volatility', provolatile,
    'variadic', provariadic <> 0,
    'parameters', coalesce(
        (
            select json_agg(
                json_build_array(
                    nullif(input.name, ''),
                    input.type::int8,
                    input.type::regtype::text,
                    input.position > pronargs - pronargdefaults,
                    pg_get_function_arg_default(pg_proc.oid, argument::int)
                )
                order by input.position
            )
            from (
                select
                    argument.name,
                    argument.type,
                    argument.position as argument,
                    row_number() over (order by argument.position) as position
                from unnest(coalesce(proallargtypes, proargtypes::oid[]), proargmodes, proargnames)
                    with ordinality as argument (type, mode, name, position)
                where coalesce(argument.mode in ('i', 'b', 'v'), true)
            ) as input
        ),
        '[]'
    )
)::text
from pg_proc
join pg_namespace on pg_namespace.oid = pronamespace
where pronamespace in (select schema from exposed) and prokind = 'f'
order by pg_proc.oid
