-- What each organisation's invoices come to, of those that the caller may see.
create function totals_of_caller() returns table (org_id uuid, count bigint, total bigint)
  language sql stable as
  'select org_id, count(*), sum(total) from invoices group by org_id';
create view totals as select * from totals_of_caller();
-- PostgreSQL 14 has none that read with the caller's rights: there, a function does.
do $$ begin
  if current_setting('server_version_num')::int >= 150000 then
    execute 'create or replace view totals with (security_invoker) as
      select org_id, count(*) as count, sum(total) as total from invoices group by org_id';
  end if;
end $$;
