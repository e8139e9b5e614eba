-- The roles every Crestfall database knows. Idempotent, and safe when run by several at once.
do $$
declare
  wanted record;
begin
  perform pg_advisory_xact_lock(7166173015);
  for wanted in
    select * from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit')
    ) as role (name, attributes)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
  grant anon, authenticated, service_role to authenticator;
end
$$
