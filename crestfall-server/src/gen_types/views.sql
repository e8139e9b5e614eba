-- The query of each view as a list of node trees: the view's OID, a space, the list.
select ev_class::int8 || ' ' || ev_action::text
from pg_rewrite
join pg_class on pg_class.oid = ev_class
join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('v', 'm')
    and ev_type = '1'
    and nspname not in ('pg_catalog', 'information_schema')
