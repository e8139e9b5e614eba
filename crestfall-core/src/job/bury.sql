-- Gives up jobs whose last worker died with them.
-- $1 kinds  text[]
update crestfall.jobs
set dead_at = clock_timestamp(),
    last_error = coalesce(last_error, 'the worker was lost'),
    payload = case when confidential then null else payload end
where dead_at is null and run_at <= clock_timestamp() and kind = any ($1) and attempts >= max_attempts
returning id, kind
