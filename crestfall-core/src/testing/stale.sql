-- Databases that no living test process owns, and templates past their time.
-- $1 prefix of a test process's application_name  text
-- $2 how long templates live                      text, an interval
select datname::text
from pg_database
where datname like 'test\_%'
  and not exists (
    select from pg_stat_activity
    where application_name = $1 || split_part(datname, '_', 2)
  )
union all
select datname::text
from pg_database
where datname like 'template\_%'
  and datname not like '%\_new'
  and shobj_description(oid, 'pg_database')::timestamptz < now() - $2::interval
