-- The exposed schemas with their comments.
-- $1 schemas  text[]  exposed schemas
select json_build_array(name, obj_description(quote_ident(name)::regnamespace, 'pg_namespace'))::text
from unnest($1::text[]) as name
