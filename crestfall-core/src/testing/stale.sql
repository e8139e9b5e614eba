-- Databases that no living test process owns, and templates past their time. Columns are
-- qualified: `pg_stat_activity` has a `datname` as well.
-- $1 prefix of a test process's application_name  text
-- $2 how long templates live                      text, an interval
select database.datname::text
from pg_database as database
where database.datname like 'test\_%'
  and not exists (
    select from pg_stat_activity as claim
    where claim.application_name = $1 || split_part(database.datname, '_', 2)
  )
union all
select database.datname::text
from pg_database as database
where database.datname like 'template\_%'
  and database.datname not like '%\_new'
  and shobj_description(database.oid, 'pg_database')::timestamptz < now() - $2::interval
