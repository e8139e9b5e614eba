-- The community: profiles, who follows whom, reviews, watchlists.

create schema app;
comment on schema app is 'Inner workings; not exposed';

create function app.viewer_id() returns uuid
language sql stable
as $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;
comment on function app.viewer_id is 'Who is asking: the token''s subject; null when nobody is signed in';

create domain email_address as text check (value ~ '^[^@\s]+@[^@\s]+$');
create domain stars as smallint check (value between 1 and 10);
comment on domain stars is 'A verdict from 1 to 10';

create table profiles (
  id uuid primary key default gen_random_uuid(),
  handle text not null unique check (handle ~ '^[a-z0-9_]{3,30}$'),
  about text,
  favourite_film_id bigint references films (id) on delete set null,
  joined_at timestamptz not null default now()
);
comment on table profiles is 'What everybody may know of a user';
comment on column profiles.id is 'The `sub` of the user''s tokens';
comment on column profiles.handle is 'Lower case, unique';
create index on profiles (favourite_film_id);

create table accounts (
  profile_id uuid primary key references profiles (id) on delete cascade,
  email email_address not null unique,
  preferences jsonb not null default '{}'
);
comment on table accounts is 'What a user alone may know of themselves';

create table follows (
  follower_id uuid references profiles (id) on delete cascade,
  followed_id uuid references profiles (id) on delete cascade,
  since timestamptz not null default now(),
  primary key (follower_id, followed_id),
  check (follower_id <> followed_id)
);
comment on table follows is 'Who follows whom';
create index on follows (followed_id);

create table reviews (
  id bigint generated always as identity primary key,
  film_id bigint not null references films (id) on delete cascade,
  author_id uuid not null default app.viewer_id() references profiles (id) on delete cascade,
  stars stars not null,
  body text,
  published boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (film_id, author_id)
);
comment on table reviews is 'What users think of films: one review a user and film';
comment on column reviews.published is 'An unpublished review is its author''s alone';
create index on reviews (author_id);

create table watchlists (
  id bigint generated always as identity primary key,
  owner_id uuid not null default app.viewer_id() references profiles (id) on delete cascade,
  name text not null,
  shared boolean not null default false,
  unique (owner_id, name)
);
comment on table watchlists is 'Films a user means to see';
comment on column watchlists.shared is 'Everybody may read it';

create table watchlist_items (
  watchlist_id bigint references watchlists (id) on delete cascade,
  film_id bigint references films (id) on delete cascade,
  position integer not null default 0,
  note text,
  added_at timestamptz not null default now(),
  primary key (watchlist_id, film_id)
);
comment on table watchlist_items is 'A film on a watchlist';
comment on column watchlist_items.position is 'Smaller ones are watched first';
create index on watchlist_items (film_id);

create function app.touch() returns trigger
language plpgsql
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function app.touch is 'Keeps updated_at';

create trigger touch before update on films for each row execute function app.touch();
create trigger touch before update on reviews for each row execute function app.touch();
