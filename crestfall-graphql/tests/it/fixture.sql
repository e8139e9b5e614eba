-- A small library: members borrow copies of books.
create schema library;
comment on schema library is '@graphql({"inflect_names": true, "introspection": true})';
grant usage on schema library to anon, authenticated;

create type library.genre as enum ('novel', 'non-fiction', 'poetry');
comment on type library.genre is '@graphql({"name": "Genre", "mappings": {"non-fiction": "NON_FICTION"}})';

create table library.author (
    id int primary key,
    full_name varchar(20) not null,
    born date
);
comment on table library.author is '@graphql({"name": "Writer", "totalCount": {"enabled": true}, "description": "Who writes"})';
comment on column library.author.born is '@graphql({"name": "birthday", "description": "Day of birth"})';

create table library.book (
    id bigserial primary key,
    author_id int not null references library.author,
    editor_id int references library.author,
    title text not null,
    genre library.genre not null default 'novel',
    pages int,
    price numeric(6, 2),
    rating float8,
    tags text[] not null default '{}',
    details jsonb not null default '{}',
    is_lent boolean not null default false,
    added_at timestamptz not null default '2024-01-01 12:00:00+00',
    title_length int generated always as (length(title)) stored
);
comment on constraint book_editor_id_fkey on library.book is '@graphql({"foreign_name": "editor", "local_name": "editedBooks"})';
comment on table library.book is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}, "max_rows": 5})';

create table library.cover (
    book_id bigint primary key references library.book,
    colour text not null
);

create table library.member (
    id uuid primary key default '00000000-0000-0000-0000-000000000001',
    owner text not null,
    nick_name text
);
alter table library.member enable row level security;
create policy own on library.member using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');

create table library.loan (
    member_id uuid references library.member,
    book_id bigint references library.book,
    note text,
    primary key (member_id, book_id)
);

create table library.unkeyed (id int);
create table library.secret (id int primary key, visible text, hidden text);

create view library.long_book as select id, title, author_id from library.book where pages > 300;
comment on view library.long_book is '@graphql({"primary_key_columns": ["id"], "foreign_keys": [{"local_name": "longBooks", "local_columns": ["author_id"], "foreign_name": "writtenBy", "foreign_schema": "library", "foreign_table": "author", "foreign_columns": ["id"]}]})';

create function library._shout(book library.book) returns text stable language sql
as $$ select upper(book.title) $$;
create function library.siblings(book library.book) returns setof library.book stable language sql
as $$ select * from library.book other where other.author_id = book.author_id and other.id <> book.id $$;
create function library.main_author(book library.book) returns library.author stable language sql
as $$ select author from library.author where id = book.author_id $$;

create function library.add(a int, b int default 10) returns int immutable language sql as $$ select a + b $$;
create function library.books_by(writer text) returns setof library.book stable language sql
as $$ select book.* from library.book join library.author on author.id = author_id where full_name = writer $$;
create function library.first_book() returns library.book stable language sql
as $$ select * from library.book order by id limit 1 $$;
create function library.doubled(numbers int[]) returns int[] immutable language sql
as $$ select array_agg(n * 2) from unnest(numbers) n $$;
create function library.rename_book(book_id bigint, title text) returns library.book volatile language sql
as $$ update library.book set title = $2 where id = $1 returning * $$;
create function library.touch_all() returns setof library.book volatile language sql
as $$ update library.book set pages = coalesce(pages, 0) + 1 returning * $$;
create function library.overloaded() returns int stable language sql as $$ select 1 $$;
create function library.overloaded(a int) returns int stable language sql as $$ select a $$;
create function library.nameless(int) returns int stable language sql as $$ select $1 $$;

insert into library.author values (1, 'Ada', '1815-12-10'), (2, 'Bob', null), (3, 'Cy', '1950-01-01');
insert into library.book (author_id, editor_id, title, genre, pages, price, rating, tags, details) values
    (1, 2, 'Notes', 'non-fiction', 100, 9.99, 4.5, '{old,science}', '{"lang": "en"}'),
    (1, null, 'Engines', 'non-fiction', 350, 20, 3.5, '{science}', '{}'),
    (2, 1, 'Waves', 'novel', 400, 12.5, null, '{}', '{}'),
    (2, null, 'Winds', 'poetry', null, null, 5, '{old}', '{}'),
    (3, null, 'Stones', 'novel', 50, 1, 1, '{}', '{}'),
    (3, null, 'Water', 'novel', null, 3, null, '{}', '{}'),
    (3, null, 'Wood', 'novel', 60, null, null, '{}', '{}');
insert into library.cover values (1, 'red');
insert into library.member values
    ('00000000-0000-0000-0000-00000000000a', 'ann', 'Annie'),
    ('00000000-0000-0000-0000-00000000000b', 'ben', null);
insert into library.loan values
    ('00000000-0000-0000-0000-00000000000a', 1, 'torn'),
    ('00000000-0000-0000-0000-00000000000a', 2, null),
    ('00000000-0000-0000-0000-00000000000b', 1, null);
insert into library.secret values (1, 'seen', 'unseen');

grant select on library.author, library.book, library.cover, library.long_book, library.unkeyed to anon;
grant select (id, visible) on library.secret to anon;
grant all on all tables in schema library to authenticated;
grant usage on all sequences in schema library to authenticated;
revoke execute on function library.rename_book from public;
grant execute on function library.rename_book to authenticated;
