-- Views. They run with their owner's rights, so each shows only what everybody may see.

create view released_films as
select id, title, year, decade, runtime, rating, country_code, languages, synopsis
from films
where status = 'released'
with check option;
comment on view released_films is 'Films that are out; simple enough to be written through';

create view recent_films as
select id, title, year, runtime, country_code
from released_films
where year >= 2015;
comment on view recent_films is 'Released films since 2015: a view on a view';

create view film_ratings as
select
  film_id,
  count(*) as reviews,
  round(avg(stars), 2) as average_stars
from reviews
where published
group by film_id;
comment on view film_ratings is 'What the published reviews of a film come to';
comment on column film_ratings.average_stars is 'From 1 to 10';

create materialized view box_office.film_grosses as
select
  film.id as film_id,
  film.title,
  count(*) as tickets,
  sum(ticket.paid) as gross
from box_office.tickets as ticket
join box_office.screenings as screening on screening.id = ticket.screening_id
join films as film on film.id = screening.film_id
where film.status = 'released'
group by film.id;
comment on materialized view box_office.film_grosses is
  'What each film has earned in these cinemas; refreshed by /rpc/refresh_grosses';
create unique index on box_office.film_grosses (film_id);

create view box_office.programme as
select
  screening.id,
  screening.film_id,
  film.title,
  screening.venue_id,
  venue.name as venue,
  venue.city,
  lower(screening.during) as starts_at,
  screening.price
from box_office.screenings as screening
join released_films as film on film.id = screening.film_id
join box_office.venues as venue on venue.id = screening.venue_id;
comment on view box_office.programme is 'What is on, where and when';
