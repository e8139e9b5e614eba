-- Of these types, those in schemas that this role may use, and whether it may use them.
-- $1 types  oid[]
select json_build_array(pg_type.oid::int8, has_type_privilege(pg_type.oid, 'usage'))::text
from pg_type
where pg_type.oid = any ($1::oid[]) and has_schema_privilege(typnamespace, 'usage')
