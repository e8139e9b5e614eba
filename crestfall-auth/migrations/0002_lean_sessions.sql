-- What every sign-in and refresh writes, with less to write.

do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_auth') then
    set local role crestfall_auth;
  end if;
end
$$;

-- Both change rows in place, beside what no index holds, where there is room on the page.
alter table auth.sessions set (fillfactor = 80);
alter table auth.users set (fillfactor = 90);

-- Most sessions belong to no OAuth client.
drop index auth.sessions_oauth_client_id_idx;
create index sessions_oauth_client_id_idx on auth.sessions (oauth_client_id)
  where oauth_client_id is not null;
