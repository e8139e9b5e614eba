-- Roles that every organisation knows, with what they have and how often they are assigned.
select role.name, role.description, role.managed,
  array(select r.permission from rbac.role_permissions r where r.role_id = role.id) as permissions,
  array(
    select parent.name from rbac.role_parents p join rbac.roles parent on parent.id = p.parent_id
    where p.role_id = role.id
  ) as parents,
  (select count(*) from rbac.assignments a where a.role_id = role.id) as assignments
from rbac.roles role
where role.organisation_id is null
