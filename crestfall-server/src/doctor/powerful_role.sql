-- Roles of requests, and the one that logs in for them, with attributes that no policy holds.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('role %I', r.rolname) as place,
       format('it is %s', concat_ws(', ', case when r.rolsuper then 'a superuser' end,
         case when r.rolbypassrls then 'held by no policy (BYPASSRLS)' end,
         case when r.rolcreaterole then 'able to make roles' end)) as finding,
       format('alter role %I nosuperuser nobypassrls nocreaterole', r.rolname) as remedy,
       true as is_worse
from pg_roles r
where (r.rolname = any ($2) or r.rolname = $3 or r.rolname = session_user)
  and (r.rolsuper or r.rolbypassrls or r.rolcreaterole)
  -- The one who runs this, as a superuser, is not who serves.
  and not (r.rolname = session_user and r.rolsuper and not r.rolname = any ($2))
  and $1 is not null
order by 1
