-- The functions of the exposed schemas that a request can call: no triggers, and of those with
-- nameless parameters only the ones that take a whole body.
-- $1 schemas            text[]  exposed schemas
-- $2 hoisted_settings   text[]  names of settings that are lifted from functions
with recursive
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
),
below (domain, type) as (
    select oid, typbasetype from pg_type where typtype = 'd'
    union all
    select below.domain, next.typbasetype
    from below
    join pg_type next on next.oid = below.type and next.typtype = 'd'
),
base as materialized (
    select below.domain, below.type
    from below
    join pg_type on pg_type.oid = below.type and pg_type.typtype <> 'd'
),
routine as materialized (
    select *
    from pg_proc
    where pronamespace in (select schema from exposed)
        and prokind = 'f'
        and prorettype <> 'trigger'::regtype
        and (
            proargnames is not null
            or pronargs = 0
            or pronargs = 1 and proargtypes[0] in (
                'bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype
            )
        )
),
input as (
    select
        routine.oid as routine,
        coalesce(argument.name, '') as name,
        argument.type,
        coalesce(argument.mode = 'v', false) as is_variadic,
        row_number() over (partition by routine.oid order by argument.position) as position,
        pronargs - pronargdefaults as required
    from routine,
        unnest(coalesce(proallargtypes, proargtypes::oid[]), proargmodes, proargnames)
            with ordinality as argument (type, mode, name, position)
    where coalesce(argument.mode in ('i', 'b', 'v'), true)
),
inputs as (
    select
        routine,
        json_agg(
            json_build_array(
                name,
                type::regtype::text,
                case type
                    when 'bit'::regtype then 'bit varying'
                    when 'bit[]'::regtype then 'bit varying[]'
                    when 'bpchar'::regtype then 'character varying'
                    when 'bpchar[]'::regtype then 'character varying[]'
                    else type::regtype::text
                end,
                position <= required,
                is_variadic
            )
            order by position
        ) as list
    from input
    group by routine
)
select json_build_object(
    'schema', home.nspname,
    'name', routine.proname,
    'description', pg_description.description,
    'parameters', coalesce(inputs.list, '[]'),
    'set_of', proretset,
    'composite', result.typtype = 'c' or coalesce(proargmodes && array['t', 'b', 'o']::"char"[], false),
    'domain_of_composite', base.domain is not null,
    'type_schema', result_schema.nspname,
    'type_name', coalesce(result_relation.relname, result.typname),
    'type_oid', result.oid::int8,
    'volatility', provolatile,
    'is_variadic', provariadic <> 0,
    'isolation', (
        select substr(setting, strpos(setting, '=') + 1)
        from unnest(proconfig) as setting
        where setting like 'default\_transaction\_isolation=%'
        limit 1
    ),
    'settings', coalesce(
        (
            select json_agg(
                json_build_array(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1))
                order by position
            )
            from unnest(proconfig) with ordinality as config (setting, position)
            where lower(split_part(setting, '=', 1)) in (select lower(name) from unnest($2::text[]) as name)
        ),
        '[]'
    )
)::text
from routine
join pg_namespace home on home.oid = pronamespace
left join base on base.domain = prorettype
join pg_type result on result.oid = coalesce(base.type, prorettype)
join pg_namespace result_schema on result_schema.oid = result.typnamespace
left join pg_class result_relation on result_relation.oid = result.typrelid
left join inputs on inputs.routine = routine.oid
left join pg_description
    on objoid = routine.oid and objsubid = 0 and classoid = 'pg_proc'::regclass
