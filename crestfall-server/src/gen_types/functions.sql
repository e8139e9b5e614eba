-- The functions of schemas that a request can call, or that compute a column of a row.
-- $1 schemas  text[]
select json_build_object(
    'schema', nspname,
    'name', proname,
    'comment', obj_description(pg_proc.oid, 'pg_proc'),
    'reads', provolatile <> 'v',
    'set_of', proretset,
    'returns', prorettype::int8,
    'defaults', pronargdefaults,
    'names', coalesce(to_json(proargnames), '[]'),
    'modes', coalesce(to_json(proargmodes::text[]), '[]'),
    'kinds', to_json(coalesce(proallargtypes::int8[], proargtypes::oid[]::int8[]))
)::text
from pg_proc
join pg_namespace on pg_namespace.oid = pronamespace
where nspname = any ($1::text[])
    and prokind = 'f'
    and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
    -- What extensions bring is not the application's.
    and not exists (
        select from pg_depend
        where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e'
    )
order by
    array_position($1::text[], nspname::text),
    proname collate "C",
    pronargs,
    pg_get_function_identity_arguments(pg_proc.oid) collate "C"
