-- The query behind each view and materialised view, as PostgreSQL keeps it: the view's OID, a
-- space, and a list of node trees.
-- $1 schemas            text[]  exposed schemas
-- $2 extra_search_path  text[]  schemas whose views others are followed through; may not exist
select ev_class::text || ' ' || ev_action::text
from pg_rewrite
join pg_class on pg_class.oid = ev_class
join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('v', 'm')
    and ev_type = '1'
    and nspname = any ($1::text[] || $2::text[])
