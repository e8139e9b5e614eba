-- Functions: called at /rpc, or read as if they were columns and relations.

-- Fields and relationships that are computed. ----------------------------------------------

create function full_title(films) returns text
language sql immutable
as $$ select $1.title || ' (' || $1.year || ')' $$;
comment on function full_title is 'Title and year';

create function directors(films) returns setof people
language sql stable rows 2
as $$
  select person.*
  from credits
  join people as person on person.id = credits.person_id
  where credits.film_id = $1.id and credits.kind = 'director'
$$;
comment on function directors is 'Who directed a film';

create function actors(films) returns setof people
language sql stable rows 8
as $$
  select person.*
  from roles
  join people as person on person.id = roles.person_id
  where roles.film_id = $1.id
  order by roles.billing
$$;
comment on function actors is 'Who plays in a film, in the order of the cast list';

create function films_directed(people) returns setof films
language sql stable rows 5
as $$
  select film.*
  from credits
  join films as film on film.id = credits.film_id
  where credits.person_id = $1.id and credits.kind = 'director'
$$;
comment on function films_directed is 'The films somebody directed';

create function rating_of(films) returns setof film_ratings
language sql stable rows 1
as $$ select * from film_ratings where film_id = $1.id $$;
comment on function rating_of is 'What the reviews of a film come to: one row or none';

-- Questions. -------------------------------------------------------------------------------

create function search_films(query text, at_most integer default 20) returns setof films
language sql stable
as $$
  select film.*
  from films as film, websearch_to_tsquery('english', query) as wanted
  where film.search @@ wanted
  order by ts_rank(film.search, wanted) desc, film.id
  limit at_most
$$;
comment on function search_films is
  E'Full-text search\n\nOver titles and synopses, best first. Understands "quoted phrases", or and -not.';

create function film_of_the_day(day date default current_date) returns films
language sql stable
as $$
  select *
  from films
  where status = 'released'
  order by md5(id::text || day::text)
  limit 1
$$;
comment on function film_of_the_day is 'One film, another each day';

create function films_between(from_year integer, to_year integer) returns setof films
language sql stable
as $$ select * from films where year between from_year and to_year $$;
comment on function films_between(integer, integer) is 'Films first shown in these years';

create function films_between(shorter text, longer text) returns setof films
language sql stable
as $$
  select film.*
  from films as film
  where runtime between (select max(runtime) from films where title = shorter)
    and (select min(runtime) from films where title = longer)
$$;
comment on function films_between(text, text) is 'Films at least as long as one and at most as long as another, by title';

create function films_in_genres(variadic names text[]) returns setof films
language sql stable
as $$
  select *
  from films
  where id in (
    select film_id
    from film_genres
    join genres on genres.id = film_genres.genre_id
    where genres.name = any (names)
  )
$$;
comment on function films_in_genres is 'Films of any of these genres';

create function top_films(genre text default null, minimum_reviews integer default 3)
returns table (film_id bigint, title text, average_stars numeric, reviews bigint)
language sql stable
as $$
  select film.id, film.title, rating.average_stars, rating.reviews
  from film_ratings as rating
  join films as film on film.id = rating.film_id
  where rating.reviews >= minimum_reviews
    and (genre is null or exists (
      select
      from film_genres
      join genres on genres.id = film_genres.genre_id
      where film_genres.film_id = film.id and genres.name = genre
    ))
  order by rating.average_stars desc, rating.reviews desc, film.id
  limit 100
$$;
comment on function top_films is 'The best-reviewed films, of one genre if wanted';

create function years() returns setof smallint
language sql stable
as $$ select distinct year from films order by year $$;
comment on function years is 'The years that films are known of';

create function statistics(out films bigint, out people bigint, out reviews bigint)
language sql stable
as $$
  select
    (select count(*) from public.films),
    (select count(*) from public.people),
    (select count(*) from public.reviews)
$$;
comment on function statistics is 'How much there is, as far as the caller may see';

create function hours_and_minutes(minutes integer) returns text
language sql immutable strict
as $$ select minutes / 60 || ' h ' || lpad((minutes % 60)::text, 2, '0') || ' min' $$;
comment on function hours_and_minutes is 'A runtime as people say it';

-- Deeds: they write, so they are called by POST. -------------------------------------------

create function rate_film(film_id bigint, stars integer, body text default null) returns reviews
language sql volatile
as $$
  insert into reviews (film_id, stars, body)
  values (rate_film.film_id, rate_film.stars, rate_film.body)
  on conflict on constraint reviews_film_id_author_id_key
  do update set stars = excluded.stars, body = coalesce(excluded.body, reviews.body)
  returning *
$$;
comment on function rate_film is 'Reviews a film as the user who is signed in, or changes the review';

create function review_many(json) returns integer
language plpgsql volatile
as $$
declare
  written integer;
begin
  insert into reviews (film_id, stars, body)
  select review.film_id, review.stars, review.body
  from json_to_recordset($1) as review (film_id bigint, stars smallint, body text);
  get diagnostics written = row_count;
  return written;
end
$$;
comment on function review_many is 'Takes an array of {"film_id", "stars", "body"} and tells how many were written';

create function box_office.buy_tickets(screening_id bigint, seats integer default 1)
returns setof box_office.tickets
language plpgsql volatile security definer set search_path = ''
as $$
declare
  shown record;
  last_seat integer;
begin
  if app.viewer_id() is null then
    raise exception 'sign in to buy tickets' using errcode = '42501';
  end if;
  if seats is null or seats not between 1 and 10 then
    raise exception 'from 1 to 10 tickets at once' using errcode = '22023';
  end if;
  -- The lock makes buyers of one screening queue, so that no seat is sold twice.
  select screening.price, hall.seats
  into shown
  from box_office.screenings as screening
  join box_office.halls as hall on (hall.venue_id, hall.number) = (screening.venue_id, screening.hall_number)
  where screening.id = buy_tickets.screening_id
  for update of screening;
  if not found then
    raise exception 'no such screening' using errcode = 'P0002';
  end if;
  select coalesce(max(ticket.seat), 0)
  into last_seat
  from box_office.tickets as ticket
  where ticket.screening_id = buy_tickets.screening_id;
  if last_seat + seats > shown.seats then
    raise exception 'sold out'
      using errcode = '23514', detail = format('%s seats are left', shown.seats - last_seat);
  end if;
  return query
    insert into box_office.tickets (screening_id, seat, paid)
    select buy_tickets.screening_id, last_seat + number, shown.price
    from generate_series(1, seats) as number
    returning *;
end
$$;
comment on function box_office.buy_tickets is
  E'Buys seats\n\nFor the user who is signed in, side by side, from 1 to 10 at once.';

create function box_office.refresh_grosses() returns void
language sql volatile security definer set search_path = ''
as $$ refresh materialized view concurrently box_office.film_grosses $$;
comment on function box_office.refresh_grosses is 'Brings film_grosses up to date';
