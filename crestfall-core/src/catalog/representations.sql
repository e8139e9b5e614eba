-- Implicit casts by function, between a domain and json or text, that this role may use.
select json_build_array(
    castsource::regtype::text,
    casttarget::regtype::text,
    castfunc::regproc::text
)::text
from pg_cast
join pg_type source on source.oid = castsource
join pg_type target on target.oid = casttarget
where castcontext = 'i'
    and castmethod = 'f'
    and has_function_privilege(castfunc, 'execute')
    and (
        source.typtype = 'd' and casttarget in ('json'::regtype, 'text'::regtype)
        or target.typtype = 'd' and castsource in ('json'::regtype, 'text'::regtype)
    )
