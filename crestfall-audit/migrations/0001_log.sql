-- The log of who did what to which row. One row of audit.statements is one statement, with the images
-- of every row it changed; the view audit.log shows one row for each of them.
--
-- Everything belongs to the role crestfall_audit; where the migrating user may not make roles, to that
-- user. Members of crestfall_audit_reader may read all of the log.
do $$
declare
  me text := current_user;
  may_make_roles boolean;
  wanted text;
begin
  select rolsuper or rolcreaterole into may_make_roles from pg_roles where rolname = me;
  foreach wanted in array array['crestfall_audit', 'crestfall_audit_reader'] loop
    if may_make_roles and not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then
        -- Another database of this cluster has just made it.
        null;
      end;
    end if;
  end loop;
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    if not pg_has_role(me, 'crestfall_audit', 'member') then
      execute format('grant crestfall_audit to %I', me);
    end if;
    create schema if not exists audit authorization crestfall_audit;
    grant create on schema audit to crestfall_audit;
    set local role crestfall_audit;
  else
    create schema if not exists audit;
  end if;
end
$$;

-- What is or was under audit. A partition or child has its own line, whose `root` is the table that was
-- asked for.
create table audit.relations (
  id integer primary key generated always as identity,
  relid oid not null,
  schema_name text not null,
  relation_name text not null,
  root integer references audit.relations,
  -- The columns that name a row; none when the table has no primary key.
  key_columns text[] not null default '{}',
  options jsonb not null default '{}',
  tracked_at timestamptz not null default now(),
  -- Null while it is tracked.
  untracked_at timestamptz
);
create unique index relations_relid_idx on audit.relations (relid) where untracked_at is null;

-- A statement draws one number and its rows stand at it and the numbers behind it, so each row has a
-- position of its own. Not cached: of two that touch one row, the later has the higher position.
create sequence audit.position as bigint increment by 1024 minvalue 1024 start with 1024 no cycle cache 1;

create table audit.statements (
  position bigint not null default nextval('audit.position'),
  -- When the statement ended; not when its transaction did.
  at timestamptz not null default clock_timestamp(),
  transaction xid8 not null default pg_current_xact_id(),
  -- audit.relations; null for DDL.
  relation integer,
  -- i insert, u update, d delete, t truncate, c DDL command, x drop by a DDL command
  kind "char" not null,
  -- How many rows are in `old` or `new`.
  rows integer not null default 0,
  -- Of the key of the one row, by which audit.history finds it; null where there are more rows, or the key
  -- changed or has several columns.
  key_hash integer,
  -- Claims sub, session_id, api_key_id and org_id.
  actor text,
  session text,
  api_key text,
  organisation text,
  request text default nullif(current_setting('request.id', true), ''),
  -- Of the request; where there is none, of the connection.
  ip text default coalesce(nullif(current_setting('request.ip', true), ''),
    case when coalesce(current_setting('request.method', true), '') = '' then host(inet_client_addr()) end),
  -- The role that acted, where it is another than that which logged in.
  role text default nullif(current_setting('role'), 'none'),
  login text not null default session_user::text,
  -- The rows before and after: an object where there is one, else an array; those of an update pair up by
  -- their place. As json, which PostgreSQL writes in half the time of jsonb.
  old json,
  new json,
  -- Of DDL.
  detail jsonb
) partition by range (at);
-- Compression in a fraction of the time, where this PostgreSQL was built with it.
do $$
declare
  one text;
begin
  foreach one in array array['old', 'new', 'detail'] loop
    execute format('alter table audit.statements alter column %I set compression lz4', one);
  end loop;
exception when feature_not_supported then
  null;
end
$$;
create index statements_position_idx on audit.statements (position);
create index statements_key_idx on audit.statements (relation, key_hash);

-- Where rows go for whose time nobody has made a partition; audit.maintain turns it into one.
create table audit.statements_other_1 partition of audit.statements default;

-- Up to where every entry is there that ever will be; see audit.changes.
create table audit.horizon (
  only_one boolean primary key default true check (only_one),
  safe bigint not null default 0,
  pending bigint not null default 0,
  pending_until xid8 not null default '0'
);
insert into audit.horizon default values;

-- The chain. Each seal covers entries of one partition.
create table audit.seals (
  id bigint primary key,
  partition text not null,
  first_position bigint not null,
  last_position bigint not null,
  entries bigint not null,
  digest bytea not null,
  previous bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null default clock_timestamp()
);

-- HMAC-SHA-256 of hashes, by a key that the database does not have.
create table audit.signatures (
  seal bigint primary key references audit.seals,
  signature bytea not null
);

-- How long entries are kept, and how they are parted.
create table audit.settings (
  only_one boolean primary key default true check (only_one),
  -- Null keeps everything.
  retention interval check (retention >= interval '1 day'),
  period text not null default 'week' check (period in ('day', 'week', 'month'))
);
insert into audit.settings default values;

-- What retention has dropped.
create table audit.dropped (
  partition text primary key,
  from_at timestamptz,
  to_at timestamptz,
  entries_estimate bigint,
  last_seal bigint,
  dropped_at timestamptz not null default clock_timestamp(),
  dropped_by text not null default session_user
);

-- Nobody edits the log, its owner neither: only audit.prune drops partitions.
create function audit.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the audit log are not changed' using
    errcode = 'insufficient_privilege',
    hint = 'audit.prune drops what is older than the retention.';
end
$$;
create trigger refuse before update or delete on audit.statements
  for each row execute function audit.refuse();
create trigger refuse_truncate before truncate on audit.statements
  for each statement execute function audit.refuse();
create trigger refuse_truncate before truncate on audit.statements_other_1
  for each statement execute function audit.refuse();
create trigger refuse before update or delete or truncate on audit.seals
  for each statement execute function audit.refuse();
create trigger refuse before update or delete or truncate on audit.signatures
  for each statement execute function audit.refuse();
create trigger refuse before update or delete or truncate on audit.dropped
  for each statement execute function audit.refuse();

-- The key of a row as one text: its columns' texts, joined by a character that texts rarely have.
create function audit.key_text(image jsonb, columns text[]) returns text
  language sql immutable parallel safe set search_path = '' as $$
  select string_agg(coalesce(image ->> name, ''), chr(31) order by place)
  from unnest(columns) with ordinality as name (name, place)
$$;

-- An image without what must not be in it: `omitted` are left out; `masked` say only whether the value
-- is the same as another of this statement, by a digest whose salt nobody keeps.
create function audit.masked(image jsonb, omitted text[], masked text[], salt text) returns jsonb
  language sql stable parallel safe set search_path = '' as $$
  select coalesce(image - omitted || (
    select jsonb_object_agg(name, '***' || left(encode(sha256(convert_to(salt || (image ->> name), 'utf8')), 'hex'), 8))
    from unnest(masked) as name
    where image ->> name is not null
  ), image - omitted)
$$;
