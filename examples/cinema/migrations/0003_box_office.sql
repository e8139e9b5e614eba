-- The box office: venues, screenings, tickets.

create schema box_office;
comment on schema box_office is 'Where and when films are shown, and who bought a seat';

create table box_office.venues (
  id smallint generated always as identity primary key,
  name text not null,
  city text not null,
  country_code public.country_code references public.countries (code),
  opening_hours int4range not null default '[14,24)',
  amenities text[] not null default '{}',
  unique (name, city)
);
comment on table box_office.venues is 'Cinemas';
comment on column box_office.venues.opening_hours is 'Hours of the day';

create table box_office.halls (
  venue_id smallint references box_office.venues (id) on delete cascade,
  number smallint,
  seats smallint not null check (seats > 0),
  name text not null generated always as ('Hall ' || number::text) stored,
  primary key (venue_id, number)
);
comment on table box_office.halls is 'Halls of a cinema, numbered from 1';

create table box_office.screenings (
  id bigint generated always as identity primary key,
  film_id bigint not null references public.films (id),
  venue_id smallint not null,
  hall_number smallint not null,
  during tstzrange not null check (not isempty(during)),
  price numeric(6, 2) not null check (price >= 0),
  foreign key (venue_id, hall_number) references box_office.halls (venue_id, number)
);
comment on table box_office.screenings is 'A film, in a hall, at a time';
comment on column box_office.screenings.during is 'From doors to lights';
comment on column box_office.screenings.price is 'Of one seat, in euros';
create index on box_office.screenings (film_id);
create index on box_office.screenings (venue_id, hall_number);
create index on box_office.screenings using gist (during);

create sequence box_office.ticket_number;

create table box_office.tickets (
  id bigint default nextval('box_office.ticket_number'),
  sold_at timestamptz not null default now(),
  screening_id bigint not null references box_office.screenings (id),
  buyer_id uuid default app.viewer_id() references public.profiles (id) on delete set null,
  seat smallint not null check (seat > 0),
  paid numeric(6, 2) not null,
  primary key (id, sold_at)
) partition by range (sold_at);
comment on table box_office.tickets is 'Seats sold, in a partition for each year';
comment on column box_office.tickets.buyer_id is 'Empty when sold at the counter';
create index on box_office.tickets (screening_id);
create index on box_office.tickets (buyer_id);
alter sequence box_office.ticket_number owned by box_office.tickets.id;

create table box_office.tickets_2024 partition of box_office.tickets
  for values from ('2024-01-01') to ('2025-01-01');
create table box_office.tickets_2025 partition of box_office.tickets
  for values from ('2025-01-01') to ('2026-01-01');
create table box_office.tickets_later partition of box_office.tickets default;
