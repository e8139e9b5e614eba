-- As roles.sql, for PostgreSQL 14, where nobody can be granted the right to make a setting.
-- gives role text, name text, value text
select granted.rolname,
       known.name,
       substr(entry, strpos(entry, '=') + 1)
from pg_catalog.pg_auth_members as membership
join pg_catalog.pg_roles as granted on granted.oid = membership.roleid
cross join lateral unnest(granted.rolconfig) as entry
join pg_catalog.pg_settings as known on known.name = split_part(entry, '=', 1)
where membership.member = (select oid from pg_catalog.pg_roles where rolname = current_user)
  and known.context = 'user'
