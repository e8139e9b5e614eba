-- Roles that row-level security does not hold.
select rolname::text from pg_roles where rolsuper or rolbypassrls
