-- Adds a job, unless one of its kind with its key waits or runs, and wakes the workers at commit.
-- $1 kind          text
-- $2 payload       jsonb
-- $3 unique_key    text     or null
-- $4 confidential  boolean
-- $5 max_attempts  integer
-- $6 delay         float8   seconds
with job as (
  insert into crestfall.jobs (kind, payload, unique_key, confidential, max_attempts, run_at)
  values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))
  on conflict (kind, unique_key) where dead_at is null do nothing
  returning id
)
select id, pg_notify('crestfall_jobs', $1)::text from job
