-- Where applied migrations are recorded. Runs under the lock, each time something is to do.
create schema if not exists crestfall;
create table if not exists crestfall.migrations (
  source text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (source, name)
);
comment on table crestfall.migrations is 'What was applied to this database, by crate or directory';
comment on column crestfall.migrations.checksum is 'SHA-256 of the text, with line feeds alone at line ends';
