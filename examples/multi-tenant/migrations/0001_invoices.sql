create table customers (
  id bigint generated always as identity primary key,
  org_id uuid not null references rbac.organisations on delete cascade,
  name text not null
);
create table invoices (
  id bigint generated always as identity primary key,
  org_id uuid not null references rbac.organisations on delete cascade,
  customer_id bigint not null references customers on delete cascade,
  cents bigint not null check (cents > 0)
);
create index on customers (org_id);
create index on invoices (org_id);
grant select, insert, update, delete on customers, invoices to authenticated;

-- Each row is its organisation's; who reads and writes there, roles say.
select rbac.policy_organisation('customers', 'org_id', 'customer');
select rbac.policy_organisation('invoices', 'org_id', 'invoice');
