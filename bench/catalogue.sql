-- Widens the catalogue. Variables: tables, functions: how many of each are added.
-- Every table refers to the one before it, so relationships grow along.

set synchronous_commit = off;
select set_config('bench.tables', :'tables', false), set_config('bench.functions', :'functions', false)
\g /dev/null

do $$
begin
    for n in 1..current_setting('bench.tables')::integer loop
        -- No type that may be stored out of line: it would take two more files a table.
        execute format('create table bench.wide_%s (id integer primary key, quantity bigint not null,
            in_stock boolean, created_at timestamptz default now(), before_id integer)', n);
        if n > 1 then
            execute format('alter table bench.wide_%s add foreign key (before_id)
                references bench.wide_%s', n, n - 1);
        end if;
        execute format('grant select on bench.wide_%s to anon, authenticated', n);
        if n % 100 = 0 then
            commit;  -- else the locks of all tables would have to fit into memory
        end if;
    end loop;
    for n in 1..current_setting('bench.functions')::integer loop
        execute format('create function bench.wide_function_%s(a integer, b text) returns integer
            language sql stable as ''select a''', n);
    end loop;
end
$$;

-- The tables are empty; what describes them is not.
select format('vacuum analyze %s', oid::regclass) from pg_class
where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace and not relisshared
\gexec
checkpoint;
