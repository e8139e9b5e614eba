create table todos (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  text text not null check (text <> ''),
  done boolean not null default false,
  added_at timestamptz not null default now()
);
-- A page of GraphQL has 30 rows unless it is said otherwise.
comment on table todos is E'What people have to do\n@graphql({"max_rows": 1000})';
comment on column todos.owner is 'Whose it is; nobody else sees it';
alter table todos enable row level security;
create policy own on todos to authenticated
  using (owner = auth.uid()) with check (owner = auth.uid());
grant select, insert, update, delete on todos to authenticated;
