-- What the GraphQL tests ask for: names as clients like them, a schema that shows itself, one table to
-- write to.
comment on schema public is '@graphql({"inflect_names": true, "introspection": true})';
comment on table ports is '@graphql({"totalCount": {"enabled": true}})';
create table log_entries (
  id bigint generated always as identity primary key,
  ship_id int not null references ships,
  line text not null
);
grant select, insert, update, delete on log_entries to anon, authenticated;
