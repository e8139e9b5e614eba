-- What belongs to users, for the tests of sign-in.
create table diary (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid() references auth.users on delete cascade,
  line text not null
);
alter table diary enable row level security;
create policy own on diary to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on diary to authenticated;
