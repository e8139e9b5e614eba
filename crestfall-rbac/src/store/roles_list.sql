-- Roles that the caller may see, by name.
-- $1 organisation  uuid  those of this organisation and those that all know; null is all
-- $2 name          text  of this name; null is all
-- $3 id            uuid  this one; null is all
-- $4 after         text  name and id of the last role of the page before
-- $5 rows          int8  at most
select role.id, role.name, role.description, role.organisation_id, role.managed, role.built_in,
  array(
    select p.permission from rbac.role_permissions p where p.role_id = role.id
    order by p.permission collate "C"
  ) as permissions,
  array(select p.parent_id from rbac.role_parents p where p.role_id = role.id order by 1) as parents
from rbac.roles role
where ($1::uuid is null or role.organisation_id = $1 or role.organisation_id is null)
  and ($2::text is null or role.name = $2)
  and ($3::uuid is null or role.id = $3)
  and ($4::text is null or (role.name || ' ' || role.id) collate "C" > $4)
order by (role.name || ' ' || role.id) collate "C"
limit $5
