-- Policies that ask who is calling once for every row.
-- $1 schemas  text[]  exposed
-- $2 roles    text[]  of requests
-- $3 role     text    of requests without a credential
select format('%I.%I, policy %I', n.nspname, c.relname, p.polname) as place,
       format('it calls %s for every row', rtrim(called.name, '()')) as finding,
       format('write (select %s(...)) in the policy: then it is called once', rtrim(called.name, '()')) as remedy,
       false as is_worse
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
cross join lateral (select coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')) as e (text)
cross join lateral (
  select (regexp_matches(regexp_replace(e.text, 'SELECT\s+\(*(auth\.(uid|role|jwt|email)\(\)|current_setting\()', '', 'gi'),
    'auth\.(?:uid|role|jwt|email)\(\)|current_setting\(', 'i'))[1]
) as called (name)
where n.nspname = any ($1) and ($2 is not null or $3 is not null)
order by 1
