-- Stops the shared test server when no test has been connected for a while. Runs as the
-- connection `crestfall watchdog` for as long as the server does: a backend that sends nothing
-- does not notice that its client has ended. A server's own directory holds its process id.
do $$
declare
  last_used timestamptz := clock_timestamp();
begin
  loop
    if exists (
      select from pg_stat_activity
      where backend_type = 'client backend' and application_name <> 'crestfall watchdog'
    ) then
      last_used := clock_timestamp();
    elsif clock_timestamp() > last_used + interval '20 seconds' then
      copy (select 1) to program 'kill -INT $(head -n 1 postmaster.pid)';
      exit;
    end if;
    commit;
    perform pg_sleep(1);
  end loop;
end
$$
