-- The catalogue: films, the people behind and before the camera, genres, festivals.

-- Functions are nobody's to call until granted (0006_access.sql).
alter default privileges revoke execute on functions from public;

comment on schema public is 'A film catalogue with the reviews and watchlists of its users';

create type film_status as enum ('announced', 'in_production', 'released', 'withdrawn');
comment on type film_status is 'How far a film has come; the public sees released ones alone';

create type age_rating as enum ('all', '6', '12', '16', '18');
comment on type age_rating is 'The youngest age a film is shown to';

create type credit_kind as enum ('director', 'writer', 'composer', 'cinematographer', 'editor');
comment on type credit_kind is 'What somebody did who is not on the screen';

create domain country_code as char(2) check (value ~ '^[A-Z]{2}$');
comment on domain country_code is 'ISO 3166-1 alpha-2';

create domain web_address as text check (value ~ '^https?://');
comment on domain web_address is 'An absolute http or https URL';

create table countries (
  code country_code primary key,
  name text not null unique
);
comment on table countries is 'Countries that make films';
comment on column countries.code is 'ISO 3166-1 alpha-2';
comment on column countries.name is 'The common English name';

create table genres (
  id smallint generated always as identity primary key,
  name text not null unique,
  parent_id smallint references genres (id)
);
comment on table genres is 'Genres, some of them kinds of another';
comment on column genres.parent_id is 'The wider genre';

create table people (
  id bigint generated always as identity primary key,
  name text not null,
  born date,
  died date,
  country_code country_code references countries (code),
  active_years int4range,
  links jsonb not null default '{}',
  check (died > born)
);
comment on table people is 'Everybody who has worked on a film';
comment on column people.name is 'As credited';
comment on column people.active_years is 'From the first film to the last';
comment on column people.links is 'Pages about the person, by kind: {"website": "https://..."}';
create index on people (name);
create index on people (country_code);

create table films (
  id bigint generated always as identity primary key,
  title text not null,
  year smallint not null check (year between 1888 and 2100),
  decade smallint not null generated always as (year / 10 * 10) stored,
  runtime smallint check (runtime > 0),
  rating age_rating not null default 'all',
  status film_status not null default 'released',
  country_code country_code references countries (code),
  languages text[] not null default '{}',
  synopsis text,
  facts jsonb not null default '{}',
  sequel_of bigint references films (id),
  remake_of bigint references films (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  search tsvector not null generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', coalesce(synopsis, '')), 'B')
  ) stored
);
comment on table films is
  E'Films\n\nOf all countries and times. The early rows are famous ones, the rest are invented.';
comment on column films.year is 'Of the first public showing';
comment on column films.decade is 'First year of the decade, such as 1990';
comment on column films.runtime is 'In minutes';
comment on column films.languages is 'Spoken languages, ISO 639-1';
comment on column films.facts is 'Whatever else is known: {"colour": true, "budget": 1200000, "locations": [...]}';
comment on column films.sequel_of is 'The film whose story this one continues';
comment on column films.remake_of is 'The film this one tells anew';
comment on column films.search is 'Words of title and synopsis, for full-text search';
create index on films (year, id);
create index on films (title);
create index on films (country_code);
create index on films (sequel_of);
create index on films (remake_of);
create index on films using gin (search);
create index on films using gin (languages);
create index on films using gin (facts jsonb_path_ops);

create table posters (
  film_id bigint primary key references films (id) on delete cascade,
  image web_address not null,
  tagline text
);
comment on table posters is 'The poster of a film; it has one or none';

create table film_genres (
  film_id bigint references films (id) on delete cascade,
  genre_id smallint references genres (id),
  primary key (film_id, genre_id)
);
comment on table film_genres is 'Which film is of which genres';
create index on film_genres (genre_id);

create table credits (
  film_id bigint references films (id) on delete cascade,
  person_id bigint references people (id),
  kind credit_kind,
  uncredited boolean not null default false,
  primary key (film_id, person_id, kind)
);
comment on table credits is 'Who made a film';
comment on column credits.uncredited is 'Not named on the screen';
create index on credits (person_id, kind);

create table roles (
  film_id bigint references films (id) on delete cascade,
  person_id bigint references people (id),
  character text,
  billing smallint not null,
  primary key (film_id, person_id, character),
  unique (film_id, billing)
);
comment on table roles is 'Who plays whom';
comment on column roles.billing is 'Place in the cast list, from 1';
create index on roles (person_id);

create table festivals (
  id smallint generated always as identity primary key,
  name text not null unique,
  city text not null,
  website web_address
);
comment on table festivals is 'Film festivals';

create table festival_editions (
  festival_id smallint references festivals (id),
  year smallint,
  held daterange not null,
  chair_id bigint references people (id),
  guest_of_honour_id bigint references people (id),
  primary key (festival_id, year)
);
comment on table festival_editions is 'A festival in one year';
comment on column festival_editions.held is 'From the first day to the last';
comment on column festival_editions.chair_id is 'Who chairs the jury';

create table awards (
  id bigint generated always as identity primary key,
  festival_id smallint not null,
  year smallint not null,
  category text not null,
  film_id bigint not null references films (id),
  person_id bigint references people (id),
  foreign key (festival_id, year) references festival_editions (festival_id, year),
  unique (festival_id, year, category)
);
comment on table awards is 'Prizes given at an edition of a festival';
comment on column awards.person_id is 'Whom the prize honours; none when it honours the film';
create index on awards (film_id);
create index on awards (person_id);
