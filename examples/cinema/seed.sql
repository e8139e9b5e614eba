-- Some 140,000 rows, the same each time: every choice follows from a hash, none from random().
-- The first films are real and well known (titles, years, directors, lengths: plain facts); the
-- rest, and all users, venues, reviews and tickets, are invented from word lists.

-- Try: GET /films?select=title,year,directors(name)&year=gte.2000&limit=3

-- Choices. ---------------------------------------------------------------------------------

create function pg_temp.dice(salt text, sides integer) returns integer
language sql immutable
as $$ select (('x' || substr(md5(salt), 1, 7))::bit(28)::integer % sides) $$;

create function pg_temp.pick(list text[], salt text) returns text
language sql immutable
as $$ select list[1 + pg_temp.dice(salt, array_length(list, 1))] $$;

-- An id from 1 to `many` that favours small ones: some films are famous, most are not.
create function pg_temp.favoured(salt text, many integer) returns integer
language sql immutable
as $$ select 1 + floor(many * power(pg_temp.dice(salt, 100000) / 100000.0::float8, 2))::integer $$;

-- Written so that the planner inlines it: a constant `kind` leaves nothing but the choice itself.
create function pg_temp.word(kind text, salt text) returns text
language sql immutable
as $$
  select pg_temp.pick(case kind
    when 'first' then '{Ada,Amir,Anouk,Astrid,Beatriz,Bruno,Camille,Chidi,Clara,Dario,Edda,Elias,Elena,Emeka,Esther,Farah,Felix,Fumiko,Gabriel,Greta,Hana,Hugo,Ida,Imran,Ines,Isaac,Ivo,Jonas,Juno,Kaito,Karin,Kwame,Laila,Leon,Lucia,Magnus,Maren,Mateo,Mei,Milan,Mira,Nadia,Nils,Nour,Odile,Oskar,Paloma,Pavel,Priya,Quentin,Rafael,Ravi,Rosa,Runa,Samir,Sanna,Selma,Tariq,Tessa,Theo,Tomas,Uma,Valentin,Vera,Wanda,Yara,Yusuf,Zofia}'::text[]
    when 'last' then '{Abara,Achterberg,Adeyemi,Almeida,Andersen,Aoki,Arslan,Baptiste,Becker,Bergmark,Bianchi,Castellan,Cho,Cisneros,Dahl,Delacroix,Demir,Dubois,Eklund,Farkas,Ferrante,Fischer,Fontaine,Fujita,Galanis,Garrido,Grau,Haddad,Halloran,Hartmann,Holm,Ibarra,Ivanova,Jansen,Kaplan,Karlsson,Kimura,Kovacs,Laurent,Lindqvist,Lopes,Maalouf,Marchetti,Mbeki,Mendes,Moreau,Nakata,Nassar,Novak,Nwosu,Okafor,Olsen,Ortega,Pereira,Petrov,Quist,Rahimi,Richter,Rossi,Sandoval,Sato,Schreiber,Silva,Solberg,Soto,Takeda,Thorne,Usman,Vasquez,Verhoeven,Vidal,Wallin,Weiss,Yilmaz,Zeman}'::text[]
    when 'adjective' then '{Amber,Bitter,Blue,Borrowed,Broken,Burning,Crimson,Distant,Drowned,Electric,Empty,Endless,Final,Forgotten,Fragile,Frozen,Gentle,Golden,Hidden,Hollow,Invisible,Last,Little,Lonely,Long,Lost,Midnight,Naked,Northern,Paper,Patient,Quiet,Restless,Scarlet,Second,Secret,Silent,Silver,Sleeping,Southern,Stolen,Strange,Sunken,Tender,Unwritten,Velvet,Wandering,White,Wild,Winter}'::text[]
    when 'noun' then '{Accordion,Almanac,Archive,Astronomer,Balcony,Beekeeper,Bicycle,Border,Bridge,Carnival,Cartographer,City,Clockmaker,Coast,Comet,Corridor,Daughter,Dream,Elevator,Ferry,Fire,Garden,Ghost,Harbour,Horizon,Horses,Hotel,House,Island,Journey,Kingdom,Lantern,Letter,Library,Lighthouse,Machine,Mirror,Moon,Mountain,Neighbour,Ocean,Orchard,Orchestra,Painter,Photograph,Piano,Promise,Rain,River,Road,Saxophone,Season,Shadow,Shore,Snow,Song,Station,Storm,Stranger,Summer,Telegram,Theatre,Tide,Train,Umbrella,Valley,Voice,Window,Witness}'::text[]
    when 'place' then '{Arkady,Bellmere,Cortado,Duskwater,Elmira,Fallow Bay,Gravenhall,Halcyon Street,Iron Hill,Juniper Row,Kestrel Point,Larkspur,Marrowby,Nightingale Lane,Ostrava Road,Port Solace,Quarry End,Redfern,Saltmarsh,Thornfield Park,Umber Valley,Vesper Square,Westering,Yellow Mill}'::text[]
    when 'trade' then '{baker,bookbinder,boxer,clockmaker,customs officer,dancer,detective,ferryman,forger,gardener,glass-blower,judge,lighthouse keeper,midwife,night porter,nurse,piano tuner,pilot,projectionist,retired spy,schoolteacher,surgeon,surveyor,taxi driver,translator,violinist}'::text[]
    when 'event' then '{a letter arrives forty years late,a stranger moves in next door,the river rises,an old rival returns,a photograph goes missing,the last train is cancelled,a child asks the wrong question,somebody bids for the house,a comet appears,the orchestra is dissolved,war comes to the valley,a will is read,the lights go out in the whole city,a debt falls due}'::text[]
    when 'aim' then '{to find a brother,to forgive a friend,to save the theatre,to leave town for good,to keep a promise,to prove a theorem,to clear a name,to finish a symphony,to cross the border,to sell the farm,to learn to swim,to say goodbye}'::text[]
    when 'verdict' then '{A slow burn that pays off.,Beautiful to look at and hard to forget.,Could have been half an hour shorter.,I laughed more than I should have.,Not for me but I see why others love it.,The ending ruined it.,The lead carries every scene.,The score alone is worth the ticket.,Watched it twice in one week.,Better than its reputation.,A small masterpiece.,Clever and cold.,My whole family cried.,I fell asleep and do not regret it.}'::text[]
    when 'city' then '{Aarhus,Bologna,Bristol,Cork,Dakar,Freiburg,Gdansk,Ghent,Graz,Gothenburg,Kyoto,Leipzig,Lyon,Malmo,Montreal,Oaxaca,Porto,Pune,Rotterdam,San Sebastian,Tampere,Thessaloniki,Valparaiso,Zagreb}'::text[]
    when 'cinema' then '{Apollo,Astoria,Aurora,Bellevue,Capitol,Corso,Eldorado,Gloria,Kosmos,Lumen,Luxor,Metropol,Odyssee,Olympia,Orion,Palace,Regina,Rialto,Roxy,Savoy,Scala,Tivoli,Urania,Zenith}'::text[]
    when 'country' then '{US,US,US,US,FR,FR,GB,GB,IN,IN,JP,JP,KR,DE,IT,ES,MX,BR,AR,CN,HK,IR,SE,DK,PL,TR,NG,SN,RU,CA,AU,NZ}'::text[]
  end, kind || salt)
$$;

-- The catalogue. ---------------------------------------------------------------------------

insert into countries (code, name) values
  ('AR', 'Argentina'), ('AU', 'Australia'), ('BR', 'Brazil'), ('CA', 'Canada'), ('CN', 'China'),
  ('DE', 'Germany'), ('DK', 'Denmark'), ('ES', 'Spain'), ('FR', 'France'), ('GB', 'United Kingdom'),
  ('HK', 'Hong Kong'), ('IN', 'India'), ('IR', 'Iran'), ('IT', 'Italy'), ('JP', 'Japan'),
  ('KR', 'South Korea'), ('MX', 'Mexico'), ('NG', 'Nigeria'), ('NZ', 'New Zealand'), ('PL', 'Poland'),
  ('RU', 'Russia'), ('SE', 'Sweden'), ('SN', 'Senegal'), ('TR', 'Turkey'), ('US', 'United States');

insert into genres (name) values
  ('Drama'), ('Comedy'), ('Crime'), ('Science fiction'), ('Fantasy'), ('Documentary'), ('Animation'),
  ('Romance'), ('Horror'), ('War'), ('Western'), ('Musical'), ('Adventure'), ('Thriller');
insert into genres (name, parent_id)
select narrower.name, genres.id
from (values ('Film noir', 'Crime'), ('Heist', 'Crime'), ('Space opera', 'Science fiction'),
             ('Slapstick', 'Comedy'), ('Satire', 'Comedy'), ('Courtroom', 'Drama')) as narrower (name, wider)
join genres on genres.name = narrower.wider;

create temporary table classics (
  id bigint generated always as identity, title text, year smallint, runtime smallint,
  country char(2), languages text[], genres text[], directors text[]
);
insert into classics (title, year, runtime, country, languages, genres, directors) values
  ('A Trip to the Moon', 1902, 14, 'FR', '{}', '{Science fiction,Fantasy}', '{Georges Méliès}'),
  ('Nosferatu', 1922, 94, 'DE', '{}', '{Horror}', '{F. W. Murnau}'),
  ('Sherlock Jr.', 1924, 45, 'US', '{}', '{Comedy,Slapstick}', '{Buster Keaton}'),
  ('Metropolis', 1927, 153, 'DE', '{}', '{Science fiction,Drama}', '{Fritz Lang}'),
  ('M', 1931, 111, 'DE', '{de}', '{Crime,Thriller}', '{Fritz Lang}'),
  ('City Lights', 1931, 87, 'US', '{}', '{Comedy,Romance}', '{Charlie Chaplin}'),
  ('Modern Times', 1936, 87, 'US', '{}', '{Comedy,Satire}', '{Charlie Chaplin}'),
  ('Citizen Kane', 1941, 119, 'US', '{en}', '{Drama}', '{Orson Welles}'),
  ('Casablanca', 1942, 102, 'US', '{en}', '{Drama,Romance}', '{Michael Curtiz}'),
  ('Bicycle Thieves', 1948, 89, 'IT', '{it}', '{Drama}', '{Vittorio De Sica}'),
  ('The Third Man', 1949, 104, 'GB', '{en}', '{"Film noir",Thriller}', '{Carol Reed}'),
  ('Rashomon', 1950, 88, 'JP', '{ja}', '{Drama,Crime}', '{Akira Kurosawa}'),
  ('Singin'' in the Rain', 1952, 103, 'US', '{en}', '{Musical,Comedy}', '{Gene Kelly,Stanley Donen}'),
  ('Tokyo Story', 1953, 136, 'JP', '{ja}', '{Drama}', '{Yasujirō Ozu}'),
  ('Seven Samurai', 1954, 207, 'JP', '{ja}', '{Adventure,Drama}', '{Akira Kurosawa}'),
  ('Pather Panchali', 1955, 125, 'IN', '{bn}', '{Drama}', '{Satyajit Ray}'),
  ('The Seventh Seal', 1957, 96, 'SE', '{sv}', '{Drama,Fantasy}', '{Ingmar Bergman}'),
  ('12 Angry Men', 1957, 96, 'US', '{en}', '{Drama,Courtroom}', '{Sidney Lumet}'),
  ('Vertigo', 1958, 128, 'US', '{en}', '{Thriller,Romance}', '{Alfred Hitchcock}'),
  ('Breathless', 1960, 90, 'FR', '{fr}', '{Crime,Drama}', '{Jean-Luc Godard}'),
  ('La Dolce Vita', 1960, 174, 'IT', '{it}', '{Drama}', '{Federico Fellini}'),
  ('Cléo from 5 to 7', 1962, 90, 'FR', '{fr}', '{Drama}', '{Agnès Varda}'),
  ('2001: A Space Odyssey', 1968, 149, 'GB', '{en}', '{"Science fiction"}', '{Stanley Kubrick}'),
  ('The Godfather', 1972, 175, 'US', '{en,it}', '{Crime,Drama}', '{Francis Ford Coppola}'),
  ('The Godfather Part II', 1974, 202, 'US', '{en,it}', '{Crime,Drama}', '{Francis Ford Coppola}'),
  ('Stalker', 1979, 161, 'RU', '{ru}', '{"Science fiction",Drama}', '{Andrei Tarkovsky}'),
  ('Alien', 1979, 117, 'US', '{en}', '{"Science fiction",Horror}', '{Ridley Scott}'),
  ('Blade Runner', 1982, 117, 'US', '{en}', '{"Science fiction","Film noir"}', '{Ridley Scott}'),
  ('My Neighbour Totoro', 1988, 86, 'JP', '{ja}', '{Animation,Fantasy}', '{Hayao Miyazaki}'),
  ('The Piano', 1993, 117, 'NZ', '{en}', '{Drama,Romance}', '{Jane Campion}'),
  ('In the Mood for Love', 2000, 98, 'HK', '{zh}', '{Romance,Drama}', '{Wong Kar-wai}'),
  ('Spirited Away', 2001, 125, 'JP', '{ja}', '{Animation,Fantasy}', '{Hayao Miyazaki}'),
  ('Mulholland Drive', 2001, 147, 'US', '{en,es}', '{Thriller,Drama}', '{David Lynch}'),
  ('City of God', 2002, 130, 'BR', '{pt}', '{Crime,Drama}', '{Fernando Meirelles,Kátia Lund}'),
  ('Pan''s Labyrinth', 2006, 119, 'MX', '{es}', '{Fantasy,War}', '{Guillermo del Toro}'),
  ('The Lives of Others', 2006, 137, 'DE', '{de}', '{Drama,Thriller}', '{Florian Henckel von Donnersmarck}'),
  ('A Separation', 2011, 123, 'IR', '{fa}', '{Drama}', '{Asghar Farhadi}'),
  ('Mad Max: Fury Road', 2015, 120, 'AU', '{en}', '{Adventure,"Science fiction"}', '{George Miller}'),
  ('Parasite', 2019, 132, 'KR', '{ko}', '{Thriller,Satire}', '{Bong Joon-ho}'),
  ('Portrait of a Lady on Fire', 2019, 121, 'FR', '{fr}', '{Romance,Drama}', '{Céline Sciamma}'),
  ('Atlantics', 2019, 106, 'SN', '{wo,fr}', '{Drama,Romance}', '{Mati Diop}');

insert into films (title, year, runtime, country_code, languages, rating, facts)
select title, year, runtime, country, languages, '12', jsonb_build_object('colour', year > 1967, 'classic', true)
from classics
order by id;
update films set sequel_of = (select id from films where title = 'The Godfather')
where title = 'The Godfather Part II';

insert into people (name)
select name
from (
  select name, min(classics.id) as first_film
  from classics, unnest(directors) as name
  group by name
) as director
order by first_film, name;

-- The directors of classics above have no dates; invented people do, and ids beyond theirs.
insert into people (name, born, died, country_code, active_years, links)
select
  pg_temp.word('first', 'p' || n) || ' ' || pg_temp.word('last', 'p' || n),
  birth,
  case when birth < '1935-01-01' then birth + 20000 + pg_temp.dice('d' || n, 12000) end,
  pg_temp.word('country', 'p' || n),
  int4range(extract(year from birth)::integer + 22, extract(year from birth)::integer + 62),
  case when n % 3 = 0 then jsonb_build_object('website', 'https://people.example/' || n) else '{}' end
from generate_series(1, 6000) as n,
  lateral (select date '1900-01-01' + pg_temp.dice('b' || n, 36500) as birth) as born;

insert into films (title, year, runtime, rating, status, country_code, languages, synopsis, facts, created_at, updated_at)
select
  case n % 6
    when 0 then 'The ' || adjective || ' ' || noun
    when 1 then noun || ' of ' || place
    when 2 then 'The ' || pg_temp.word('noun', 'second' || n) || ' and the ' || noun
    when 3 then adjective || ' ' || noun
    when 4 then 'A ' || noun || ' in ' || place
    else 'Return to ' || place
  end,
  1920 + pg_temp.dice('y' || n, 106),
  70 + pg_temp.dice('r' || n, 110),
  (enum_range(null::age_rating))[1 + pg_temp.dice('a' || n, 5)],
  case when n % 50 = 0 then 'in_production' when n % 77 = 0 then 'announced' else 'released' end::film_status,
  pg_temp.word('country', 'f' || n),
  case n % 4 when 0 then '{en}' when 1 then '{fr,en}' when 2 then '{es}' else '{de}' end::text[],
  'In ' || place || ', a ' || pg_temp.word('trade', 't' || n) || ' wants ' || pg_temp.word('aim', 'g' || n)
    || ', until ' || pg_temp.word('event', 'e' || n) || '.',
  jsonb_build_object(
    'colour', n % 9 <> 0,
    'budget', 10000 * (1 + pg_temp.dice('m' || n, 900)),
    'locations', jsonb_build_array(place, pg_temp.word('city', 'l' || n))
  ),
  timestamptz '2024-01-01 00:00Z' + n * interval '1 minute',
  timestamptz '2024-01-01 00:00Z' + n * interval '1 minute'
from generate_series(1, 5000) as n,
  lateral (
    select
      pg_temp.word('adjective', 'f' || n) as adjective,
      pg_temp.word('noun', 'f' || n) as noun,
      pg_temp.word('place', 'f' || n) as place
  ) as part;

-- Every fortieth invented film continues an earlier one, a few others are remakes.
update films
set sequel_of = first.id, title = first.title || ' II', year = least(first.year + 2, 2026)
from films as first
where first.id = films.id - 40 and films.id > 100 and films.id % 80 = 40;
update films
set remake_of = original.id, title = original.title, year = least(original.year + 30, 2026)
from films as original
where original.id = films.id - 97 and films.id > 200 and films.id % 97 = 0 and original.sequel_of is null;

insert into posters (film_id, image, tagline)
select id, 'https://posters.example/' || id || '.jpg', 'This time ' || pg_temp.word('event', 'poster' || id) || '.'
from films
where id > 41 and id % 3 = 0;

insert into film_genres (film_id, genre_id)
select film.id, genre.id
from classics
join films as film on film.id = classics.id
join genres as genre on genre.name = any (classics.genres);
insert into film_genres (film_id, genre_id)
select film.id, 1 + pg_temp.dice('g' || film.id || '-' || n, 20)
from films as film, generate_series(1, 2) as n
where film.id > 41
on conflict do nothing;

insert into credits (film_id, person_id, kind)
select classics.id, people.id, 'director'
from classics
join people on people.name = any (classics.directors) and people.born is null;
insert into credits (film_id, person_id, kind, uncredited)
select
  film.id,
  100 + pg_temp.favoured('c' || film.id || kind || n, 5900),
  kind,
  n = 2 and film.id % 5 = 0
from films as film, unnest(enum_range(null::credit_kind)) as kind, generate_series(1, 2) as n
where film.id > 41 and (n = 1 or kind in ('director', 'writer') and film.id % 8 = 0)
on conflict do nothing;

insert into roles (film_id, person_id, character, billing)
select
  film.id,
  100 + pg_temp.favoured('r' || film.id || '-' || n, 5900),
  case when n % 3 = 0 then 'The ' || pg_temp.word('trade', 'role' || film.id || n)
    else pg_temp.word('first', 'role' || film.id || n) end,
  n
from films as film, generate_series(1, 4) as n
where film.id > 41
on conflict do nothing;

insert into festivals (name, city, website)
select city || ' ' || kind, city, 'https://festival.example/' || lower(replace(city, ' ', '-'))
from unnest('{Bologna,Dakar,Ghent,Kyoto,Leipzig,Montreal,Oaxaca,Porto}'::text[]) as city,
  lateral (select pg_temp.pick('{Film Festival,Short Film Days,Film Week}', city) as kind) as sort;

insert into festival_editions (festival_id, year, held, chair_id, guest_of_honour_id)
select
  festival.id, year,
  daterange(make_date(year, 2 + festival.id % 9, 3), make_date(year, 2 + festival.id % 9, 13)),
  101 + pg_temp.dice('chair' || festival.id || year, 5900),
  101 + pg_temp.dice('guest' || festival.id || year, 5900)
from festivals as festival, generate_series(1980, 2025) as year;

insert into awards (festival_id, year, category, film_id, person_id)
select
  edition.festival_id, edition.year, prize.category, film.id,
  case when prize.kind is not null then (
    select min(person_id) from credits where credits.film_id = film.id and credits.kind = prize.kind
  ) end
from festival_editions as edition
cross join (values ('Best film', null), ('Best director', 'director'::credit_kind), ('Best music', 'composer'))
  as prize (category, kind)
cross join lateral (
  select id
  from films
  where year = edition.year and id > 41 and status = 'released'
  order by md5(films.id || prize.category || edition.festival_id)
  limit 1
) as film;

-- The community. ---------------------------------------------------------------------------

insert into profiles (id, handle, about, favourite_film_id, joined_at)
select
  ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
  case n when 1 then 'ada' when 2 then 'bruno'
    else lower(pg_temp.word('first', 'u' || n)) || '_' || n end,
  case when n % 2 = 0 then 'Watches films about ' || lower(pg_temp.word('noun', 'u' || n)) || 's.' end,
  pg_temp.favoured('fav' || n, 5000),
  timestamptz '2023-01-01 12:00Z' + n * interval '11 hours'
from generate_series(1, 1500) as n;

insert into accounts (profile_id, email, preferences)
select id, handle || '@users.example', jsonb_build_object('newsletter', id::text ~ '[02468]$')
from profiles;

insert into follows (follower_id, followed_id, since)
select follower.id, followed.id, greatest(follower.joined_at, followed.joined_at)
from profiles as follower, generate_series(1, 4) as n,
  lateral (
    select id, joined_at from profiles
    where id = ('00000000-0000-4000-8000-' || lpad(pg_temp.favoured('w' || follower.handle || n, 1500)::text, 12, '0'))::uuid
  ) as followed
where follower.id <> followed.id
on conflict do nothing;

insert into reviews (film_id, author_id, stars, body, published, created_at, updated_at)
select
  film.id,
  ('00000000-0000-4000-8000-' || lpad((1 + pg_temp.dice('author' || n, 1500))::text, 12, '0'))::uuid,
  least(10, 3 + pg_temp.dice('quality' || film.id, 5) + pg_temp.dice('s' || n, 4)),
  case when n % 3 <> 0 then pg_temp.word('verdict', 'v' || n) end,
  n % 25 <> 0,
  timestamptz '2024-01-01 08:00Z' + n * interval '30 minutes',
  timestamptz '2024-01-01 08:00Z' + n * interval '30 minutes'
from generate_series(1, 20000) as n
join films as film on film.id = pg_temp.favoured('reviewed' || n, 5000) and film.status = 'released'
on conflict do nothing;

insert into watchlists (owner_id, name, shared)
select id, name, n = 2
from profiles, (values (1, 'To watch'), (2, 'Favourites')) as list (n, name)
where n = 1 or right(id::text, 1) in ('1', '4', '7');

insert into watchlist_items (watchlist_id, film_id, position, note)
select list.id, pg_temp.favoured('item' || list.id || '-' || n, 5000), n,
  case when n = 1 then 'with ' || pg_temp.word('first', 'note' || list.id) end
from watchlists as list, generate_series(1, 6) as n
on conflict do nothing;

-- The box office. --------------------------------------------------------------------------

insert into box_office.venues (name, city, country_code, opening_hours, amenities)
select
  pg_temp.word('cinema', 'v' || n) || case when n > 24 then ' ' || n else '' end,
  pg_temp.word('city', 'v' || n),
  pg_temp.word('country', 'v' || n),
  int4range(11 + n % 6, 24),
  case when n % 2 = 0 then '{bar,wheelchair access}' else '{wheelchair access,hearing loop}' end::text[]
from generate_series(1, 40) as n
on conflict do nothing;

insert into box_office.halls (venue_id, number, seats)
select venue.id, number, 60 + 20 * pg_temp.dice('h' || venue.id || number, 12)
from box_office.venues as venue, generate_series(1, 2 + venue.id % 3) as number;

insert into box_office.screenings (film_id, venue_id, hall_number, during, price)
select film.id, hall.venue_id, hall.number,
  tstzrange(start, start + (film.runtime + 20) * interval '1 minute'),
  7 + pg_temp.dice('price' || n, 9) + 0.5 * (n % 2)
from (
  select *, row_number() over (order by venue_id, number) as place, count(*) over () as halls
  from box_office.halls
) as hall
join generate_series(1, 6000) as n on n % hall.halls = hall.place - 1
join films as film on film.id = pg_temp.favoured('shown' || n, 5000) and film.status = 'released',
  lateral (
    select timestamptz '2024-01-05 19:30Z' + (n / hall.halls) * interval '11 days' + hall.number * interval '15 minutes' as start
  ) as time;

insert into box_office.tickets (sold_at, screening_id, buyer_id, seat, paid)
select
  lower(screening.during) - (1 + pg_temp.dice('sold' || screening.id || seat, 72)) * interval '1 hour',
  screening.id,
  case when seat % 3 <> 0 then
    ('00000000-0000-4000-8000-' || lpad((1 + pg_temp.dice('buyer' || screening.id || seat, 1500))::text, 12, '0'))::uuid
  end,
  seat,
  screening.price
from box_office.screenings as screening,
  generate_series(1, 1 + pg_temp.dice('crowd' || screening.id, 6)) as seat;

refresh materialized view box_office.film_grosses;
drop table classics;
analyze;
