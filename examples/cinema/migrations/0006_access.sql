-- Who may do what. Roles get no more than listed here; rows are chosen by policies.

grant usage on schema public, box_office, app to anon, authenticated, service_role;

-- The catalogue is everybody's to read.
grant select on
  countries, genres, people, films, posters, film_genres, credits, roles,
  festivals, festival_editions, awards, profiles, reviews, watchlists, watchlist_items,
  released_films, recent_films, film_ratings,
  box_office.venues, box_office.halls, box_office.screenings, box_office.programme,
  box_office.film_grosses
to anon, authenticated;

-- Users write what is theirs.
grant select, update on accounts to authenticated;
grant select, insert, delete on follows to authenticated;
grant update (handle, about, favourite_film_id) on profiles to authenticated;
grant insert (film_id, stars, body, published), update (stars, body, published), delete
  on reviews to authenticated;
grant insert (name, shared), update (name, shared), delete on watchlists to authenticated;
grant insert, update, delete on watchlist_items to authenticated;
grant select on box_office.tickets to authenticated;

grant execute on function
  app.viewer_id(),
  full_title(films), directors(films), actors(films), films_directed(people), rating_of(films),
  search_films(text, integer), film_of_the_day(date), films_between(integer, integer),
  films_between(text, text), films_in_genres(text[]), top_films(text, integer), years(),
  statistics(), hours_and_minutes(integer)
to anon, authenticated;
grant execute on function
  rate_film(bigint, integer, text), review_many(json), box_office.buy_tickets(bigint, integer)
to authenticated;

-- The back office does everything and is bound by no policy.
grant all on all tables in schema public, box_office to service_role;
grant all on all sequences in schema public, box_office to service_role;
grant execute on all functions in schema public, box_office, app to service_role;

alter table films enable row level security;
create policy released on films for select to anon, authenticated
  using (status = 'released');

alter table profiles enable row level security;
create policy everybody on profiles for select to anon, authenticated using (true);
create policy own on profiles for update to authenticated
  using (id = (select app.viewer_id())) with check (id = (select app.viewer_id()));

alter table accounts enable row level security;
create policy own on accounts to authenticated
  using (profile_id = (select app.viewer_id())) with check (profile_id = (select app.viewer_id()));

alter table follows enable row level security;
create policy own on follows to authenticated
  using (follower_id = (select app.viewer_id())) with check (follower_id = (select app.viewer_id()));
create policy followers on follows for select to authenticated
  using (followed_id = (select app.viewer_id()));

alter table reviews enable row level security;
create policy published on reviews for select to anon, authenticated using (published);
create policy own on reviews to authenticated
  using (author_id = (select app.viewer_id())) with check (author_id = (select app.viewer_id()));

alter table watchlists enable row level security;
create policy shared on watchlists for select to anon, authenticated using (shared);
create policy own on watchlists to authenticated
  using (owner_id = (select app.viewer_id())) with check (owner_id = (select app.viewer_id()));

-- An item is seen with its list, and changed by the list's owner.
alter table watchlist_items enable row level security;
create policy with_list on watchlist_items for select to anon, authenticated
  using (exists (select from watchlists as list where list.id = watchlist_id));
create policy own on watchlist_items to authenticated
  using (watchlist_id in (select id from watchlists where owner_id = (select app.viewer_id())))
  with check (watchlist_id in (select id from watchlists where owner_id = (select app.viewer_id())));

-- The policy holds for queries through the parent; the partitions themselves are granted to nobody.
alter table box_office.tickets enable row level security;
create policy own on box_office.tickets for select to authenticated
  using (buyer_id = (select app.viewer_id()));
