-- What everybody may see and no policy holds: reference tables without row-level security, and views
-- that run with their owner's rights. Without the mark, `crestfall serve` does not show them to anon.
do $$
declare
  shown regclass;
  kind text;
begin
  foreach shown in array array[
    'countries', 'genres', 'people', 'posters', 'film_genres', 'credits', 'roles',
    'festivals', 'festival_editions', 'awards',
    'released_films', 'recent_films', 'film_ratings',
    'box_office.venues', 'box_office.halls', 'box_office.screenings', 'box_office.programme',
    'box_office.film_grosses'
  ]::regclass[] loop
    select case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end
    into kind from pg_class where oid = shown;
    execute format('comment on %s %s is %L', kind, shown, concat_ws(E'\n', obj_description(shown, 'pg_class'), '@public'));
  end loop;
end
$$;
