-- One table three times: alone, under audit, and with row triggers in the manner of supa_audit.
create table alone (
  id bigint generated always as identity primary key,
  customer uuid not null,
  number text not null,
  amount numeric(12, 2) not null,
  paid boolean not null default false,
  note text,
  created_at timestamptz not null default now()
);
create index on alone (customer);
create table audited (like alone including all);
create table row_triggers (like alone including all);
insert into alone (customer, number, amount, note)
select gen_random_uuid(), 'INV-' || n, n, 'a note of some words on this invoice' from generate_series(1, 20000) as n;
insert into audited overriding system value select * from alone;
insert into row_triggers overriding system value select * from alone;
select setval(pg_get_serial_sequence(name, 'id'), 100000) from unnest(array['alone', 'audited', 'row_triggers']) as name;
grant select, insert, update on alone, audited, row_triggers to authenticated;

select audit.track('audited');
select audit.maintain();

-- Row triggers: the key's columns from the catalogue, a version 5 UUID of the key, both images, indexes
-- on both ids and the table.
create schema rows;
create table rows.version (
  id bigint generated always as identity primary key,
  record_id uuid, old_record_id uuid, op text not null, at timestamptz not null default now(),
  relation oid not null, schema_name name not null, relation_name name not null,
  record jsonb, old_record jsonb, actor text
);
create index on rows.version using brin (at);
create index on rows.version (record_id) where record_id is not null;
create index on rows.version (old_record_id) where old_record_id is not null;
create index on rows.version (relation);
create extension "uuid-ossp";
create function rows.key_of(relation oid, image jsonb) returns uuid language sql stable as $$
  select uuid_generate_v5('fd62bc3d-8d6e-43c2-919c-802ba3762271',
    (jsonb_build_array(relation::text) || jsonb_agg(image ->> a.attname order by a.attnum))::text)
  from pg_index as i join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
  where i.indrelid = relation and i.indisprimary and image is not null
$$;
create function rows.keep() returns trigger language plpgsql security definer set search_path = public as $$
begin
  insert into rows.version (record_id, old_record_id, op, relation, schema_name, relation_name, record, old_record, actor)
  values (rows.key_of(tg_relid, to_jsonb(new)), rows.key_of(tg_relid, to_jsonb(old)), tg_op, tg_relid, tg_table_schema,
    tg_table_name, to_jsonb(new), to_jsonb(old), current_setting('request.jwt.claims', true)::jsonb ->> 'sub');
  return null;
end
$$;
create trigger keep after insert or update or delete on row_triggers for each row execute function rows.keep();
vacuum analyze;
