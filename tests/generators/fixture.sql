-- What the generated clients work on: films that everybody reads and those who are signed in write,
-- and notes that each user sees alone.
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator noinherit login;
grant anon, authenticated, service_role to authenticator;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

create type genre as enum ('drama', 'comedy', 'documentary');
create type size as (width int, height int);
create domain positive as int check (value > 0);

create table directors (
  id bigint generated always as identity primary key,
  name text not null unique,
  born date
);
comment on table directors is 'Those who direct films';

create table films (
  id bigint generated always as identity primary key,
  title text not null unique check (title <> ''),
  year smallint not null check (year >= 1888),
  genre genre not null default 'drama',
  other_genre genre,
  minutes positive,
  rating numeric(3, 1),
  seen boolean not null default false,
  tags text[] not null default '{}',
  facts jsonb,
  frame size,
  shown_at timestamptz,
  catalogue_id uuid not null default gen_random_uuid(),
  director_id bigint references directors,
  decade int generated always as (year / 10 * 10) stored
);
comment on table films is 'Films

Of all countries and times.';
comment on column films.year is 'Of the first showing';

create table notes (
  id bigint generated always as identity primary key,
  owner uuid not null default (current_setting('request.jwt.claims')::json ->> 'sub')::uuid,
  body text not null
);
alter table notes enable row level security;
create policy own on notes to authenticated
  using (owner = (current_setting('request.jwt.claims')::json ->> 'sub')::uuid)
  with check (owner = (current_setting('request.jwt.claims')::json ->> 'sub')::uuid);

create view recent_films as select id, title, year from films where year >= 2000;

create function add(a int, b int) returns int language sql immutable return a + b;
create function films_of(after int, before int default 3000) returns setof films language sql stable
  begin atomic select * from films where year between after and before order by year; end;
create function per_genre() returns table (genre genre, count bigint) language sql stable
  begin atomic select genre, count(*) from films group by 1 order by 1; end;
create function forget_notes() returns void language sql volatile
  begin atomic delete from notes; end;
create function fail(why text) returns void language plpgsql as
  $$ begin raise exception '%', why using errcode = 'PT418', hint = 'Do not'; end $$;

grant select on directors, films, recent_films to anon;
grant select, insert, update, delete on directors, films, notes to authenticated, service_role;
grant select on recent_films to authenticated, service_role;
grant execute on function add, films_of, per_genre to anon, authenticated, service_role;
grant execute on function forget_notes, fail to authenticated, service_role;

-- Users are this role's.
