-- What `alter role ... set` says of the roles that the login role may become, as far as the login
-- role may make such a setting itself. PostgreSQL 15 and later.
-- gives role text, name text, value text
select granted.rolname,
       known.name,
       substr(entry, strpos(entry, '=') + 1)
from pg_catalog.pg_auth_members as membership
join pg_catalog.pg_roles as granted on granted.oid = membership.roleid
cross join lateral unnest(granted.rolconfig) as entry
join pg_catalog.pg_settings as known on known.name = split_part(entry, '=', 1)
where membership.member = (select oid from pg_catalog.pg_roles where rolname = current_user)
  and (known.context = 'user' or has_parameter_privilege(current_user, known.name, 'set'))
