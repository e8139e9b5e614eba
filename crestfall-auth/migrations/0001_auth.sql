-- Users, their identities, sessions and factors. Names and columns that policies, clients and
-- dumps of GoTrue rely on are kept; what is ours is marked so.
--
-- Everything belongs to the role crestfall_auth, which the server's login role may become; where
-- the migrating user may not make roles, to that user.
do $$
declare
  me text := current_user;
  may_make_roles boolean;
begin
  select rolsuper or rolcreaterole into may_make_roles from pg_roles where rolname = me;
  if may_make_roles and not exists (select from pg_roles where rolname = 'crestfall_auth') then
    begin
      create role crestfall_auth nologin noinherit;
    exception when duplicate_object or unique_violation then
      -- Another database of this cluster has just made it.
      null;
    end;
  end if;
  if exists (select from pg_roles where rolname = 'crestfall_auth') then
    if not pg_has_role(me, 'crestfall_auth', 'member') then
      execute format('grant crestfall_auth to %I', me);
    end if;
    if may_make_roles and exists (select from pg_roles where rolname = 'authenticator') then
      grant crestfall_auth to authenticator;
    end if;
    if to_regclass('crestfall.jobs') is not null then
      grant usage on schema crestfall to crestfall_auth;
      grant select, insert, update, delete on crestfall.jobs to crestfall_auth;
    end if;
    execute format('create schema if not exists auth authorization %I', 'crestfall_auth');
    execute format('grant create on schema auth to %I', 'crestfall_auth');
    set local role crestfall_auth;
  else
    create schema if not exists auth;
  end if;
end
$$;

create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');
create type auth.code_challenge_method as enum ('s256', 'plain');
create type auth.factor_status as enum ('unverified', 'verified');
create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.one_time_token_type as enum (
  'confirmation_token', 'reauthentication_token', 'recovery_token',
  'email_change_token_new', 'email_change_token_current', 'phone_change_token'
);
create type auth.oauth_authorization_status as enum ('pending', 'approved', 'denied', 'expired');
create type auth.oauth_client_type as enum ('public', 'confidential');
create type auth.oauth_registration_type as enum ('dynamic', 'manual');
create type auth.oauth_response_type as enum ('code');

create table auth.users (
  instance_id uuid,
  id uuid primary key default gen_random_uuid(),
  aud text default 'authenticated',
  role text default 'authenticated',
  email text check (length(email) <= 255),
  encrypted_password text,
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token text default '',
  confirmation_sent_at timestamptz,
  recovery_token text default '',
  recovery_sent_at timestamptz,
  email_change_token_new text default '',
  email_change text default '',
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  phone text,
  phone_confirmed_at timestamptz,
  phone_change text default '',
  phone_change_token text default '',
  phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current text default '',
  email_change_confirm_status smallint default 0 check (email_change_confirm_status between 0 and 2),
  banned_until timestamptz,
  reauthentication_token text default '',
  reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
create unique index users_email_partial_key on auth.users (email) where not is_sso_user;
create unique index users_phone_key on auth.users (phone);
create index users_email_lower_idx on auth.users (lower(email));
create index users_created_at_idx on auth.users (created_at desc, id);
create index users_is_anonymous_idx on auth.users (is_anonymous) where is_anonymous;

create table auth.identities (
  provider_id text not null,
  user_id uuid not null references auth.users on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid primary key default gen_random_uuid(),
  constraint identities_provider_id_provider_unique unique (provider_id, provider)
);
create index identities_user_id_idx on auth.identities (user_id);
create index identities_email_idx on auth.identities (email text_pattern_ops);

create table auth.oauth_clients (
  id uuid primary key default gen_random_uuid(),
  client_secret_hash text,
  registration_type auth.oauth_registration_type not null,
  redirect_uris text not null,
  grant_types text not null,
  client_name text check (length(client_name) <= 1024),
  client_uri text check (length(client_uri) <= 2048),
  logo_uri text check (length(logo_uri) <= 2048),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  client_type auth.oauth_client_type not null default 'confidential',
  token_endpoint_auth_method text not null
    check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none')),
  -- Ours: scopes a client may ask for by its own credentials.
  client_credentials_scopes text not null default '',
  -- Ours: the role of a client that acts by itself.
  client_credentials_role text not null default 'authenticated'
);

create table auth.sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  factor_id uuid,
  aal auth.aal_level,
  not_after timestamptz,
  refreshed_at timestamp,
  user_agent text,
  ip inet,
  tag text,
  oauth_client_id uuid references auth.oauth_clients on delete cascade,
  refresh_token_hmac_key text,
  refresh_token_counter bigint,
  scopes text check (length(scopes) <= 4096),
  -- Ours: whom the tokens of an OAuth client are for as well (RFC 8707).
  resource text check (length(resource) <= 2048)
);
create index user_id_created_at_idx on auth.sessions (user_id, created_at);
create index sessions_not_after_idx on auth.sessions (not_after) where not_after is not null;
create index sessions_oauth_client_id_idx on auth.sessions (oauth_client_id);

-- Tokens that GoTrue gave out before an import; each is exchanged once for one of ours.
create table auth.refresh_tokens (
  instance_id uuid,
  id bigserial primary key,
  token text unique,
  user_id text,
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent text,
  session_id uuid references auth.sessions on delete cascade
);
create index refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

create table auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  authentication_method text not null,
  id uuid primary key default gen_random_uuid(),
  constraint mfa_amr_claims_session_id_authentication_method_pkey
    unique (session_id, authentication_method)
);

create table auth.mfa_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  friendly_name text,
  factor_type auth.factor_type not null,
  status auth.factor_status not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  secret text,
  phone text,
  last_challenged_at timestamptz,
  web_authn_credential jsonb,
  web_authn_aaguid uuid,
  last_webauthn_challenge_data jsonb,
  -- Ours: the newest TOTP time step that was used; it and older ones are refused.
  last_totp_step bigint
);
create unique index mfa_factors_user_friendly_name_unique
  on auth.mfa_factors (friendly_name, user_id) where trim(friendly_name) <> '';
create index factor_id_created_at_idx on auth.mfa_factors (user_id, created_at);
create unique index unique_phone_factor_per_user on auth.mfa_factors (user_id, phone);

create table auth.mfa_challenges (
  id uuid primary key default gen_random_uuid(),
  factor_id uuid not null references auth.mfa_factors on delete cascade,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  ip_address inet not null,
  otp_code text,
  web_authn_session_data jsonb,
  -- Ours: wrong codes so far.
  attempts smallint not null default 0
);
create index mfa_challenge_created_at_idx on auth.mfa_challenges (created_at desc);
create index mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id);

create table auth.flow_state (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  auth_code text,
  code_challenge_method auth.code_challenge_method,
  code_challenge text,
  provider_type text not null,
  provider_access_token text,
  provider_refresh_token text,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  authentication_method text not null,
  auth_code_issued_at timestamptz,
  invite_token text,
  referrer text,
  oauth_client_state_id uuid,
  linking_target_id uuid,
  email_optional boolean not null default false,
  -- Ours: the password of the sign-up that began the exchange, which counts once it ends where it began.
  password_hash text
);
create index flow_state_created_at_idx on auth.flow_state (created_at desc);
create index idx_auth_code on auth.flow_state (auth_code);

create table auth.one_time_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  token_type auth.one_time_token_type not null,
  -- SHA-256 of the link's token, in hex.
  token_hash text not null check (length(token_hash) > 0),
  -- The address that it was sent to.
  relates_to text not null,
  created_at timestamp not null default now(),
  updated_at timestamp not null default now(),
  -- Ours: the code beside the link, hashed with the id of this row; wrong codes so far; until when
  -- both hold; what the code or link is for (signup, magiclink, recovery, invite, ...); the PKCE
  -- exchange it belongs to.
  code_hash text,
  attempts smallint not null default 0,
  expires_at timestamptz not null,
  purpose text not null default '',
  flow_state_id uuid references auth.flow_state on delete set null
);
create unique index one_time_tokens_user_id_token_type_key on auth.one_time_tokens (user_id, token_type);
create index one_time_tokens_token_hash_hash_idx on auth.one_time_tokens using hash (token_hash);
create index one_time_tokens_relates_to_hash_idx on auth.one_time_tokens using hash (relates_to);

-- Ours: what came of a link's button, for a few seconds: a browser that sends its form twice, by a double
-- click, is shown the second answer. The answer is sealed; `press` is the SHA-256 of what that one page
-- had in its form.
create table auth.used_links (
  token_hash text primary key,
  press text not null,
  answer text not null,
  used_at timestamptz not null default now()
);
create index used_links_used_at_idx on auth.used_links (used_at);

create table auth.audit_log_entries (
  instance_id uuid,
  id uuid primary key default gen_random_uuid(),
  payload json,
  created_at timestamptz default now(),
  ip_address text not null default ''
);
create index audit_log_entries_created_at_idx on auth.audit_log_entries (created_at desc, id);
-- Ours: what happened to one's own account, for its owner.
create index audit_log_entries_user_idx
  on auth.audit_log_entries ((payload ->> 'user_id'), created_at desc);

create table auth.oauth_authorizations (
  id uuid primary key default gen_random_uuid(),
  authorization_id text not null unique,
  client_id uuid not null references auth.oauth_clients on delete cascade,
  user_id uuid references auth.users on delete cascade,
  redirect_uri text not null check (length(redirect_uri) <= 2048),
  scope text not null check (length(scope) <= 4096),
  state text check (length(state) <= 4096),
  resource text check (length(resource) <= 2048),
  code_challenge text check (length(code_challenge) <= 128),
  code_challenge_method auth.code_challenge_method,
  response_type auth.oauth_response_type not null default 'code',
  status auth.oauth_authorization_status not null default 'pending',
  authorization_code text unique check (length(authorization_code) <= 255),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '3 minutes',
  approved_at timestamptz,
  nonce text check (length(nonce) <= 255),
  -- Ours: when the code was exchanged, and for which session: a second use ends that session.
  used_at timestamptz,
  session_id uuid,
  -- Ours: when the user who approved had proved who they are; how fresh the client wants that to be,
  -- in seconds, and whether it wants to see a page (OpenID Connect's `max_age` and `prompt`).
  auth_time timestamptz,
  max_age bigint,
  prompt text check (length(prompt) <= 255),
  -- Ours: of a device without a browser (RFC 8628): the hash of what it asks with, what its user types
  -- elsewhere, and when it last asked.
  device_code text unique,
  user_code text unique,
  polled_at timestamptz,
  check (expires_at > created_at)
);
create index oauth_authorizations_expires_at_idx on auth.oauth_authorizations (expires_at);
create index oauth_auth_pending_exp_idx on auth.oauth_authorizations (expires_at) where status = 'pending';

create table auth.oauth_consents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  client_id uuid not null references auth.oauth_clients on delete cascade,
  scopes text not null check (length(scopes) <= 2048 and length(trim(scopes)) > 0),
  granted_at timestamptz not null default now(),
  revoked_at timestamptz check (revoked_at is null or revoked_at >= granted_at),
  constraint oauth_consents_user_client_unique unique (user_id, client_id)
);
create index oauth_consents_user_order_idx on auth.oauth_consents (user_id, granted_at desc);

create table auth.oauth_client_states (
  id uuid primary key default gen_random_uuid(),
  provider_type text not null,
  code_verifier text,
  created_at timestamptz not null default now(),
  -- Ours: the nonce that the provider's ID token must carry.
  nonce text
);
create index idx_oauth_client_states_created_at on auth.oauth_client_states (created_at);

create table auth.custom_oauth_providers (
  id uuid primary key default gen_random_uuid(),
  provider_type text not null check (provider_type in ('oauth2', 'oidc')),
  identifier text not null unique check (identifier ~ '^[a-z0-9][a-z0-9:-]{0,48}[a-z0-9]$'),
  name text not null check (length(name) between 1 and 100),
  client_id text not null check (length(client_id) between 1 and 512),
  client_secret text not null,
  acceptable_client_ids text[] not null default '{}',
  scopes text[] not null default '{}',
  pkce_enabled boolean not null default true,
  attribute_mapping jsonb not null default '{}',
  authorization_params jsonb not null default '{}',
  enabled boolean not null default true,
  email_optional boolean not null default false,
  issuer text check (length(issuer) <= 2048),
  discovery_url text check (length(discovery_url) <= 2048),
  skip_nonce_check boolean not null default false,
  cached_discovery jsonb,
  discovery_cached_at timestamptz,
  authorization_url text check (length(authorization_url) <= 2048),
  token_url text check (length(token_url) <= 2048),
  userinfo_url text check (length(userinfo_url) <= 2048),
  jwks_uri text check (length(jwks_uri) <= 2048),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  custom_claims_allowlist text[] not null default '{}',
  check (provider_type <> 'oidc' or issuer is not null),
  check (provider_type <> 'oauth2'
    or (authorization_url is not null and token_url is not null and userinfo_url is not null))
);

create table auth.webauthn_credentials (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  credential_id bytea not null unique,
  public_key bytea not null,
  attestation_type text not null default '',
  aaguid uuid,
  sign_count bigint not null default 0,
  transports jsonb not null default '[]',
  backup_eligible boolean not null default false,
  backed_up boolean not null default false,
  friendly_name text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index webauthn_credentials_user_id_idx on auth.webauthn_credentials (user_id);

create table auth.webauthn_challenges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users on delete cascade,
  challenge_type text not null check (challenge_type in ('signup', 'registration', 'authentication')),
  session_data jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index webauthn_challenges_expires_at_idx on auth.webauthn_challenges (expires_at);
create index webauthn_challenges_user_id_idx on auth.webauthn_challenges (user_id);

-- Ours from here on.

-- One-time codes for who has lost every other factor.
create table auth.recovery_codes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  code_hash text not null,
  -- Where they were shown: others' are void when the first factor is set up.
  session_id uuid,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  unique (user_id, code_hash)
);

-- Keys of users and services: bearer secrets, HMAC secrets, public keys.
create table auth.api_keys (
  id uuid primary key default gen_random_uuid(),
  -- Whose key it is; none for a service key, which acts as its role alone.
  user_id uuid references auth.users on delete cascade,
  kind text not null check (kind in ('secret', 'publishable', 'hmac', 'ed25519')),
  name text not null check (length(name) between 1 and 200),
  -- The part of the key that is no secret: by it a key is found and shown.
  key_id text not null unique,
  -- SHA-256 of a bearer secret; a sealed HMAC secret; a public key in base64url.
  material text not null,
  -- The database role it acts as; never wider than the owner's.
  role text not null default 'authenticated',
  scopes text[] not null default '{}',
  allowed_ips cidr[] not null default '{}',
  created_at timestamptz not null default now(),
  created_by uuid,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  last_used_ip inet
);
create index api_keys_user_id_idx on auth.api_keys (user_id);

-- Private keys that sign tokens, sealed.
create table auth.signing_keys (
  id uuid primary key default gen_random_uuid(),
  kid text not null unique,
  algorithm text not null,
  sealed_key text not null,
  state text not null check (state in ('standby', 'current', 'previous', 'revoked')),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
create unique index signing_keys_one_current on auth.signing_keys ((true)) where state = 'current';

-- Sessions that ended before their access tokens did.
create table auth.revocations (
  session_id uuid primary key,
  revoked_at timestamptz not null default clock_timestamp()
);
create index revocations_revoked_at_idx on auth.revocations (revoked_at);

-- Every node hears of it, whoever ends a session and however.
create function auth.sessions_ended() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into auth.revocations (session_id) select id from gone on conflict do nothing;
  if (select count(*) from gone) > 100 then
    perform pg_catalog.pg_notify('crestfall_auth', 'sessions');
  else
    perform pg_catalog.pg_notify('crestfall_auth', 'session ' || id) from gone;
  end if;
  return null;
end
$$;
create trigger sessions_ended after delete on auth.sessions
  referencing old table as gone for each statement execute function auth.sessions_ended();

-- A ban or deletion ends the user's sessions, even one written by hand; every node hears of these, of
-- a new role and of a new password.
create function auth.user_shut_out() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.banned_until > pg_catalog.now() or new.deleted_at is not null then
    delete from auth.sessions where user_id = new.id;
  end if;
  perform pg_catalog.pg_notify('crestfall_auth', 'user ' || new.id);
  return null;
end
$$;
create trigger user_shut_out after update of banned_until, deleted_at, role, encrypted_password on auth.users
  for each row when (
    new.banned_until is distinct from old.banned_until
    or new.deleted_at is distinct from old.deleted_at
    or new.role is distinct from old.role
    or new.encrypted_password is distinct from old.encrypted_password
  ) execute function auth.user_shut_out();

create function auth.keys_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_notify('crestfall_auth', tg_argv[0]);
  return null;
end
$$;
create trigger api_keys_changed after update of revoked_at, expires_at, scopes, role, allowed_ips or delete
  on auth.api_keys for each statement execute function auth.keys_changed('api_keys');
create trigger signing_keys_changed after insert or update or delete
  on auth.signing_keys for each statement execute function auth.keys_changed('signing_keys');

-- Networks from which a user has signed in.
create table auth.known_devices (
  user_id uuid not null references auth.users on delete cascade,
  network cidr not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (user_id, network)
);
create index known_devices_last_seen_at_idx on auth.known_devices (last_seen_at);

-- Proofs that failed, by account and by who failed.
create table auth.sign_in_failures (
  -- A user, or the hash of an address that no user has.
  subject text not null,
  -- A network known to the account; strangers are one.
  device text not null,
  failures integer not null,
  -- How often it was locked in succession, when last, and until when.
  locks smallint not null default 0,
  locked_at timestamptz,
  locked_until timestamptz,
  last_at timestamptz not null default now(),
  -- The link and code that the owner was sent: the code is taken in spite of the lock.
  unlock_token uuid,
  primary key (subject, device)
);
create index sign_in_failures_last_at_idx on auth.sign_in_failures (last_at);

create function auth.uid() returns uuid language sql stable parallel safe as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid
$$;
create function auth.role() returns text language sql stable parallel safe as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
$$;
create function auth.email() returns text language sql stable parallel safe as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
$$;
create function auth.jwt() returns jsonb language sql stable parallel safe as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;

-- Nobody reads or writes these but the owner, unless a policy and a grant say so.
do $$
declare
  relation regclass;
  api_role text;
begin
  for relation in
    select oid from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'
  loop
    execute format('alter table %s enable row level security', relation);
  end loop;
  foreach api_role in array array['anon', 'authenticated', 'service_role'] loop
    if exists (select from pg_roles where rolname = api_role) then
      execute format('grant usage on schema auth to %I', api_role);
    end if;
  end loop;
end
$$;
revoke execute on function auth.sessions_ended(), auth.user_shut_out(), auth.keys_changed() from public;
