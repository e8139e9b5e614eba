-- The relations of a schema that the current role owns, or on which it has any privilege, be it
-- on one column only. Partitions are reached through their parent.
-- $1 schema  text
select relname::text
from pg_catalog.pg_class
where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1::text)
    and relkind = any ('{r,p,v,m,f}'::"char"[])
    and not relispartition
    and (
        pg_catalog.has_table_privilege(
            oid, 'select, insert, update, delete, truncate, references, trigger'
        )
        or pg_catalog.has_any_column_privilege(oid, 'select, insert, update, references')
        or pg_catalog.pg_has_role(relowner, 'usage')
    )
