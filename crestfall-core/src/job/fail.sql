-- Gives a job back for a later attempt, or gives it up after the last.
-- $1 id         bigint
-- $2 lease      uuid
-- $3 error      text
-- $4 pause      float8   seconds
-- $5 permanent  boolean
update crestfall.jobs
set last_error = $3,
    run_at = clock_timestamp() + make_interval(secs => $4),
    dead_at = case when $5 or attempts >= max_attempts then clock_timestamp() end,
    payload = case when confidential and ($5 or attempts >= max_attempts) then null else payload end
where id = $1 and lease = $2 and dead_at is null
returning dead_at is not null
