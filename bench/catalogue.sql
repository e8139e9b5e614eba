-- Widens the catalogue. Variables: tables, functions: how many of each are added.
-- Every table refers to the one before it, so relationships grow along.

set synchronous_commit = off;

select format(
    'create table bench.wide_%s (id integer primary key, name text not null, note text,
        created_at timestamptz not null default now(), before_id integer%s)',
    n, case when n > 1 then format(' references bench.wide_%s', n - 1) else '' end)
from generate_series(1, :tables) n
\gexec

select format(
    'create function bench.wide_function_%s(a integer, b text) returns integer
        language sql stable as ''select a''', n)
from generate_series(1, :functions) n
\gexec

grant select on all tables in schema bench to anon, authenticated;
