-- Work that was promised in a transaction and is done after it.
create schema if not exists crestfall;
create table crestfall.jobs (
  id bigint generated always as identity primary key,
  kind text not null,
  payload jsonb,
  unique_key text,
  confidential boolean not null,
  attempts integer not null default 0,
  max_attempts integer not null check (max_attempts > 0),
  run_at timestamptz not null,
  lease uuid,
  created_at timestamptz not null default clock_timestamp(),
  dead_at timestamptz,
  last_error text
);
create index jobs_due on crestfall.jobs (run_at) where dead_at is null;
create index jobs_dead on crestfall.jobs (dead_at) where dead_at is not null;
create unique index jobs_unique_key on crestfall.jobs (kind, unique_key) where dead_at is null;
revoke all on crestfall.jobs from public;
comment on table crestfall.jobs is 'Work to be done, and work that was given up; what is done leaves the table';
comment on column crestfall.jobs.payload is 'Null in a confidential job that was given up';
comment on column crestfall.jobs.run_at is 'Not before; while a worker has the job: when its lease ends';
comment on column crestfall.jobs.lease is 'Of the claim that has the job, or had it last';
comment on column crestfall.jobs.dead_at is 'Given up then; kept for inspection';
