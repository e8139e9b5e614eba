-- Functions that run with their owner's rights and that everybody may call because nobody said otherwise.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select p.oid::regprocedure::text as place,
       format('it runs as its owner %s, and PUBLIC may call it', pg_get_userbyid(p.proowner)) as finding,
       format('revoke execute on function %1$s from public; grant it to whom it is for', p.oid::regprocedure) as remedy,
       $2 is not null and $3 is not null as is_worse
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any ($1) and p.prosecdef and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and exists (
    select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where a.grantee = 0 and a.privilege_type = 'EXECUTE'
  )
order by 1
