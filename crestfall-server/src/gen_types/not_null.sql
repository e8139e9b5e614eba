-- Columns of tables that are never null, as `relation attribute`.
select attrelid::int8 || ' ' || attnum
from pg_attribute
join pg_class on pg_class.oid = attrelid
join pg_namespace on pg_namespace.oid = relnamespace
join pg_type on pg_type.oid = atttypid
where relkind in ('r', 'p')
    and attnum > 0
    and not attisdropped
    and (attnotnull or typtype = 'd' and typnotnull)
    and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
