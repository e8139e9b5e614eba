-- Settings that `alter role ... set` made for the role that logged in, here or in every database.
-- $1 prefix  text  what their names begin with
-- gives name text, value text; what was made for this database stands behind what was made for all
select split_part(entry, '=', 1),
       substr(entry, strpos(entry, '=') + 1)
from pg_catalog.pg_db_role_setting as made
cross join lateral unnest(made.setconfig) as entry
where made.setrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
  and (made.setdatabase = 0
       or made.setdatabase = (select oid from pg_catalog.pg_database where datname = current_database()))
  and starts_with(entry, $1)
order by made.setdatabase = 0 desc
