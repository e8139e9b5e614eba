-- What stands between a role and the rows of a relation, as a JSON object.
-- $1 schema   text
-- $2 name     text
-- $3 subject  text  the role it is about
-- $4 asker    text  the role that asks
select json_build_object(
    'asker_sees_all', (select rolsuper or rolbypassrls from pg_roles where rolname = $4),
    'subject_sees_all', (
        select rolsuper or rolbypassrls or (pg_has_role(subject.oid, relowner, 'usage') and not relforcerowsecurity)
        from pg_roles as subject where rolname = $3
    ),
    'row_level_security', relrowsecurity,
    'may_use_schema', (select has_schema_privilege(oid, relnamespace, 'usage') from pg_roles where rolname = $3),
    'may_select', (
        select has_table_privilege(oid, pg_class.oid, 'select') or has_any_column_privilege(oid, pg_class.oid, 'select')
        from pg_roles where rolname = $3
    ),
    'policies', coalesce((
        select json_agg(json_build_object(
            'name', polname,
            'permissive', polpermissive,
            'applies', polroles = '{0}' or exists (
                select from pg_roles, unnest(polroles) as held where rolname = $3 and held <> 0 and pg_has_role(pg_roles.oid, held, 'usage')
            ),
            'condition', pg_get_expr(polqual, polrelid)
        ) order by polname)
        from pg_policy where polrelid = pg_class.oid and polcmd in ('r', '*')
    ), '[]')
)::text
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where nspname = $1 and relname = $2
