-- The relations of the exposed schemas, each with its columns. A partition is not listed: its
-- parent stands for it.
-- $1 schemas  text[]  exposed schemas; the query fails when one does not exist
with recursive
exposed as materialized (
    select quote_ident(name)::regnamespace::oid as schema
    from unnest($1::text[]) as name
),
-- Every domain with the type right below it, then the one below that, down to no domain.
below (domain, type, modifier) as (
    select oid, typbasetype, typtypmod from pg_type where typtype = 'd'
    union all
    select below.domain, next.typbasetype, next.typtypmod
    from below
    join pg_type next on next.oid = below.type and next.typtype = 'd'
),
base as materialized (
    select
        below.domain,
        below.type,
        below.modifier,
        pg_type.typnamespace as schema,
        pg_type.typtype as kind
    from below
    join pg_type on pg_type.oid = below.type and pg_type.typtype <> 'd'
),
relation as materialized (
    select
        pg_class.oid,
        pg_namespace.nspname as schema,
        relname as name,
        relkind as kind,
        relrowsecurity as row_security,
        -- A foreign table cannot be asked when its wrapper has no handler.
        case
            when relkind = 'v' or relkind = 'f' and exists (
                select from pg_foreign_table
                join pg_foreign_server on pg_foreign_server.oid = ftserver
                join pg_foreign_data_wrapper on pg_foreign_data_wrapper.oid = srvfdw
                where ftrelid = pg_class.oid and fdwhandler <> 0
            ) then pg_relation_is_updatable(pg_class.oid, true)
        end as events
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relnamespace in (select schema from exposed)
        and nspname not in ('pg_catalog', 'information_schema')
        and relkind in ('r', 'p', 'f', 'v', 'm')
        and not relispartition
),
-- What no policy holds: tables without row-level security, views with their owner's rights, and what
-- cannot have policies; of every schema, unless marked.
open as materialized (
    select pg_class.oid
    from pg_class
    left join pg_description on objoid = pg_class.oid and objsubid = 0 and classoid = 'pg_class'::regclass
    where (
            relkind in ('r', 'p') and not relrowsecurity
            or relkind in ('m', 'f')
            or relkind = 'v' and not coalesce((
                select lower(option_value) in ('true', 'on', '1', 'yes')
                from pg_options_to_table(reloptions)
                where option_name = 'security_invoker'
            ), false)
        )
        and relnamespace <> 'pg_catalog'::regnamespace
        and coalesce(description, '') !~ '(^|\n)\s*@public\s*($|\n)'
),
-- The relations below views of the caller's rights, through views of the same kind.
reach (view, relation) as (
    select ev_class, refobjid
    from relation
    join pg_rewrite on ev_class = relation.oid
    join pg_depend
        on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
        and refclassid = 'pg_class'::regclass and refobjid <> ev_class
    where kind = 'v' and relation.oid not in (select oid from open)
    union
    select reach.view, refobjid
    from reach
    join pg_class on pg_class.oid = reach.relation and relkind = 'v'
    join pg_rewrite on ev_class = reach.relation
    join pg_depend
        on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
        and refclassid = 'pg_class'::regclass and refobjid <> ev_class
    where reach.relation not in (select oid from open)
),
columns as (
    select
        attrelid as relation,
        json_agg(
            json_build_array(
                attnum,
                attname,
                pg_description.description,
                not (attnotnull or declared.typtype = 'd' and declared.typnotnull),
                case
                    when base.schema = 'pg_catalog'::regnamespace then format_type(base.type, null)
                    when declared.typnamespace = 'pg_catalog'::regnamespace then format_type(atttypid, null)
                    else format_type(atttypid, atttypmod)
                end,
                format_type(atttypid, atttypmod),
                coalesce(base.type, atttypid)::int8,
                base.domain is not null,
                -- Lengths stand in the modifier: with its four bytes of header in char and varchar,
                -- as they are in bit and varbit.
                case
                    when coalesce(base.modifier, atttypmod) < 0 then null
                    when coalesce(base.type, atttypid) in ('bpchar'::regtype, 'varchar'::regtype)
                        then coalesce(base.modifier, atttypmod) - 4
                    when coalesce(base.type, atttypid) in ('bit'::regtype, 'varbit'::regtype)
                        then coalesce(base.modifier, atttypmod)
                end,
                case
                    when base.domain is not null and adbin is null
                        then pg_get_expr(declared.typdefaultbin, 0)
                    when attidentity = 'd' then (
                        select format('nextval(%L)', objid::regclass)
                        from pg_depend
                        where classid = 'pg_class'::regclass
                            and refclassid = 'pg_class'::regclass
                            and refobjid = attrelid
                            and refobjsubid = attnum
                            and deptype = 'i'
                        limit 1
                    )
                    when attgenerated <> '' then null
                    else pg_get_expr(adbin, adrelid)
                end,
                case when coalesce(base.kind, declared.typtype) = 'e' then (
                    select json_agg(enumlabel order by enumsortorder)
                    from pg_enum
                    where enumtypid = coalesce(base.type, atttypid)
                ) end
            )
            order by attnum
        ) as list
    from relation
    join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
    join pg_type declared on declared.oid = atttypid
    left join base on base.domain = atttypid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    left join pg_description
        on objoid = attrelid and objsubid = attnum and classoid = 'pg_class'::regclass
    group by attrelid
)
select json_build_object(
    'oid', relation.oid::int8,
    'schema', relation.schema,
    'name', relation.name,
    'description', pg_description.description,
    'is_view', kind in ('v', 'm'),
    -- The events are a set of bits: 3 is INSERT, 2 is UPDATE, 4 is DELETE.
    'insertable', kind in ('r', 'p') or coalesce(events & (1 << 3) <> 0, false),
    'updatable', kind in ('r', 'p') or coalesce(events & (1 << 2) <> 0, false),
    'deletable', kind in ('r', 'p') or coalesce(events & (1 << 4) <> 0, false),
    -- Built-in functions change no setting but for set_config, whose OID is 2078.
    'runs_functions', kind not in ('r', 'p') or exists (
        select from pg_policy
        where polrelid = relation.oid
            and (
                concat(polqual, polwithcheck) like '%:funcid 2078 %'
                or exists (
                    select from pg_depend
                    where classid = 'pg_policy'::regclass
                        and objid = pg_policy.oid
                        and refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
                )
            )
    ),
    'writes_run_functions', kind <> 'r'
        or exists (select from pg_trigger where tgrelid = relation.oid and not tgisinternal)
        or exists (select from pg_rewrite where ev_class = relation.oid)
        or exists (select from pg_inherits where inhparent = relation.oid)
        -- What follows from a change of a row that others refer to.
        or relation.oid in (
            select confrelid from pg_constraint
            where contype = 'f' and (confupdtype not in ('a', 'r') or confdeltype not in ('a', 'r'))
        )
        -- Domains have checks, other types functions of their own that read them.
        or exists (
            select from pg_attribute
            join pg_type on pg_type.oid = atttypid
            where attrelid = relation.oid and attnum > 0 and not attisdropped
                and typnamespace <> 'pg_catalog'::regnamespace
                and typtype <> 'e'
        )
        or exists (
            select from pg_attrdef where adrelid = relation.oid and adbin::text like '%:funcid 2078 %'
        )
        or exists (
            select from pg_constraint where conrelid = relation.oid and conbin::text like '%:funcid 2078 %'
        )
        -- In defaults, generated columns, checks and indexes.
        or exists (
            select from (
                select 'pg_attrdef'::regclass, oid from pg_attrdef where adrelid = relation.oid
                union all
                select 'pg_constraint'::regclass, oid from pg_constraint where conrelid = relation.oid
                union all
                select 'pg_class'::regclass, indexrelid from pg_index where indrelid = relation.oid
            ) as part (class, id)
            join pg_depend on classid = part.class and objid = part.id
            where refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)
        ),
    'is_protected', relation.oid not in (select oid from open) and (
        kind in ('r', 'p') or kind = 'v' and not exists (
            select from reach where reach.view = relation.oid and reach.relation in (select oid from open)
        )
    ) or coalesce(pg_description.description, '') ~ '(^|\n)\s*@public\s*($|\n)',
    'row_security', row_security,
    'columns', coalesce(columns.list, '[]')
)::text
from relation
left join columns on columns.relation = relation.oid
left join pg_description
    on objoid = relation.oid and objsubid = 0 and classoid = 'pg_class'::regclass
