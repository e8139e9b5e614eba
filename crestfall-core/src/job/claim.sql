-- Takes jobs that are due, for as long as the lease. Others pass over them, even at the same moment.
-- $1 kinds  text[]
-- $2 limit  bigint
-- $3 lease  float8  seconds
with due as materialized (
  select id from crestfall.jobs
  where dead_at is null and run_at <= clock_timestamp() and kind = any ($1) and attempts < max_attempts
  order by run_at
  limit $2
  for update skip locked
)
update crestfall.jobs job
set attempts = job.attempts + 1,
    lease = gen_random_uuid(),
    run_at = clock_timestamp() + make_interval(secs => $3)
from due
where job.id = due.id
returning job.id, job.kind, job.payload, job.attempts, job.max_attempts, job.lease, job.created_at
