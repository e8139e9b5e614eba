-- The benchmark's database: plain tables, the same under a policy, parents with children, a table
-- to insert into, and a stable function. Anonymous requests run as the role anon.

create role anon nologin;
create role authenticated nologin;
create role authenticator login noinherit;
grant anon, authenticated to authenticator;

create schema bench;
-- GraphQL answers with 30 rows at most where nothing else is said.
comment on schema bench is '@graphql({"max_rows": 1000})';
-- authenticator, because pgbench prepares its statements before a transaction sets the role.
grant usage on schema bench to anon, authenticated, authenticator;

-- A category is 100 items that lie side by side: a list of 100 rows by one key.
create table bench.items (
    id          integer primary key,
    category_id integer not null,
    name        text not null,
    price       numeric(10, 2) not null,
    in_stock    boolean not null,
    code        uuid not null,
    attributes  jsonb not null,
    created_at  timestamptz not null
);
insert into bench.items
select id, (id - 1) / 100 + 1, 'item number ' || id, (id % 9000 + 99) / 100.0, id % 7 <> 0,
       md5(id::text)::uuid, jsonb_build_object('weight', id % 50, 'tags', array['a', 'b'], 'grade', 'A' || id % 5),
       timestamptz '2024-01-01 00:00:00Z' + id * interval '1 minute 0.25 seconds'
from generate_series(1, 100000) id;
create index on bench.items (category_id, id);

-- Every second row is public, the others belong to a user.
create table bench.items_rls (
    id    integer primary key,
    owner text,
    name  text not null,
    price numeric(10, 2) not null
);
insert into bench.items_rls
select id, case when id % 2 = 0 then 'user ' || id % 100 end, name, price from bench.items;
alter table bench.items_rls enable row level security;
create policy public_or_own on bench.items_rls for select to anon, authenticated
    using (owner is null or owner = current_setting('request.jwt.claims', true)::json ->> 'sub');

-- A group is 20 parents, a parent has 5 children.
create table bench.parents (
    id       integer primary key,
    group_id integer not null,
    name     text not null
);
insert into bench.parents
select id, (id - 1) / 20 + 1, 'parent number ' || id from generate_series(1, 10000) id;
create index on bench.parents (group_id, id);

create table bench.children (
    id        integer primary key,
    parent_id integer not null references bench.parents,
    title     text not null,
    amount    numeric(10, 2) not null
);
insert into bench.children
select id, (id - 1) / 5 + 1, 'child number ' || id, (id % 500) / 4.0 from generate_series(1, 50000) id;
create index on bench.children (parent_id);

-- No foreign key: rows of the same item would wait for one another's locks.
create table bench.events (
    id         bigint generated always as identity primary key,
    item_id    integer not null,
    kind       text not null,
    note       text,
    created_at timestamptz not null default now()
);

create function bench.item_price(item_id integer, quantity integer) returns numeric
language sql stable as $$
    select items.price * quantity from bench.items where items.id = item_id
$$;

grant select on all tables in schema bench to anon, authenticated;
grant insert on bench.events to anon, authenticated;
