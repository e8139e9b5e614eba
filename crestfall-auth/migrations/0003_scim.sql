-- Users kept by identity providers (SCIM, RFC 7643).

do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_auth') then
    set local role crestfall_auth;
  end if;
end
$$;

create table auth.scim_users (
  user_id uuid primary key references auth.users on delete cascade,
  -- Its name in the settings.
  client text not null,
  -- As the client wrote it; capitals do not count.
  user_name text not null,
  external_id text,
  -- What else it says of the user, in the form of the schema.
  attributes jsonb not null default '{}',
  -- The client has shut the user out.
  suspended boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index scim_users_user_name_key on auth.scim_users (client, lower(user_name));
create index scim_users_external_id_idx on auth.scim_users (client, external_id);
alter table auth.scim_users enable row level security;
