-- Of these functions, those that this role may call.
-- $1 functions  oid[]
select pg_proc.oid::text
from pg_proc
where pg_proc.oid = any ($1::oid[])
    and has_schema_privilege(pronamespace, 'usage')
    and has_function_privilege(pg_proc.oid, 'execute')
