-- Of these relations, those in schemas that this role may use: what it may do with them, and for
-- each column a digit, the sum of 1 (select), 2 (insert) and 4 (update).
-- $1 relations  oid[]
select json_build_array(
    pg_class.oid::int8,
    has_table_privilege(pg_class.oid, 'select'),
    has_table_privilege(pg_class.oid, 'delete'),
    coalesce(
        (
            select string_agg(
                (
                    has_column_privilege(pg_class.oid, attnum, 'select')::int
                    + has_column_privilege(pg_class.oid, attnum, 'insert')::int * 2
                    + has_column_privilege(pg_class.oid, attnum, 'update')::int * 4
                )::text,
                ''
                order by attnum
            )
            from pg_attribute
            where attrelid = pg_class.oid and attnum > 0 and not attisdropped
        ),
        ''
    )
)::text
from pg_class
where pg_class.oid = any ($1::oid[]) and has_schema_privilege(relnamespace, 'usage')
