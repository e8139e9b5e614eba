-- Upkeep: partitions ahead of time, retention, and the chain that shows whether entries were tampered with.
do $$
begin
  if exists (select from pg_roles where rolname = 'crestfall_audit') then
    set local role crestfall_audit;
  end if;
end
$$;

-- The partitions of the log with their bounds.
create function audit.partitions() returns table (
  relid oid, name text, from_at timestamptz, to_at timestamptz, is_default boolean
) language sql stable set search_path = '' as $$
  select c.oid, c.relname::text,
         substring(b.bound from 'FROM \(''([^'']+)''')::timestamptz,
         substring(b.bound from 'TO \(''([^'']+)''')::timestamptz,
         b.bound = 'DEFAULT'
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  cross join lateral pg_catalog.pg_get_expr(c.relpartbound, c.oid) as b (bound)
  where i.inhparent = 'audit.statements'::regclass
$$;

-- Makes a table like the log, that nobody can truncate.
create function audit.make_partition(name text) returns void language plpgsql set search_path = '' as $$
begin
  execute format('create table audit.%I (like audit.statements including compression including storage)', name);
  execute format(
    'create trigger refuse_truncate before truncate on audit.%I for each statement execute function audit.refuse()', name);
end
$$;

-- Puts what nobody had made a partition for into one that ends where the present period does.
create function audit.part_others() returns void language plpgsql set search_path = '' as $$
declare
  others record;
  next_name text;
  last_end timestamptz;
  low timestamptz;
  high timestamptz;
begin
  select * into others from audit.partitions() where is_default;
  execute format('select min(at), max(at) from audit.%I', others.name) into low, high;
  if low is null then
    return;
  end if;
  next_name := 'statements_other_' || substring(others.name from '\d+$')::integer + 1;
  -- From where an earlier partition ends to where a later one begins, so that no other is in between.
  select max(to_at) into last_end from audit.partitions() where to_at <= low;
  if exists (select from audit.partitions() where from_at > low and from_at <= high) then
    raise exception 'entries between % and % have no partition, and others do between them', low, high;
  end if;
  select min(from_at) into high from (
    select from_at from audit.partitions() where from_at > high
    union all
    select (date_trunc(s.period, high at time zone 'utc') + ('1 ' || s.period)::interval) at time zone 'utc'
    from audit.settings s
  ) as bound;
  execute format('alter table audit.statements detach partition audit.%I', others.name);
  execute format('alter table audit.statements attach partition audit.%I for values from (%s) to (%L)', others.name,
    case when last_end is null then 'minvalue' else quote_literal(last_end) end, high);
  perform audit.make_partition(next_name);
  execute format('alter table audit.statements attach partition audit.%I default', next_name);
end
$$;

-- Makes the partitions of the present and the coming period, and drops those that retention has done
-- with. Gives what it did. To be called daily at least; when it is not, entries are kept all the same.
-- The server's login role may call it: how long entries are kept stands in audit.settings, which it
-- cannot change.
create function audit.maintain() returns setof text
  language plpgsql security definer set search_path = '' as $$
declare
  settings record;
  step interval;
  first timestamptz;
  bound timestamptz;
  name text;
  one record;
begin
  -- One at a time; the others find it done.
  perform pg_advisory_xact_lock(7166173018);
  -- Writers queue behind a lock that is waited for.
  perform set_config('lock_timeout', '500ms', true);
  select * into settings from audit.settings;
  step := ('1 ' || settings.period)::interval;
  perform audit.part_others();
  first := date_trunc(settings.period, now() at time zone 'utc') at time zone 'utc';
  for n in 0..2 loop
    bound := ((first at time zone 'utc') + n * step) at time zone 'utc';
    -- Periods may have been of another length, and others are where they overlap.
    continue when exists (
      select from audit.partitions() p
      where not p.is_default and coalesce(p.from_at, '-infinity') < ((bound at time zone 'utc') + step) at time zone 'utc'
        and p.to_at > bound
    );
    if bound <= now() then
      -- Entries of the present go elsewhere as yet. One on its way there would be refused there.
      lock table audit.statements in access exclusive mode;
    end if;
    name := 'statements_' || to_char(bound at time zone 'utc', 'YYYYMMDD');
    perform audit.make_partition(name);
    execute format('alter table audit.statements attach partition audit.%I for values from (%L) to (%L)',
      name, bound, ((bound at time zone 'utc') + step) at time zone 'utc');
    return next 'made ' || name;
  end loop;
  if settings.retention is not null then
    for one in
      select p.*, c.reltuples from audit.partitions() p join pg_catalog.pg_class c on c.oid = p.relid
      where not p.is_default and p.to_at <= now() - settings.retention order by p.to_at
    loop
      insert into audit.dropped (partition, from_at, to_at, entries_estimate, last_seal)
      values (one.name, one.from_at, one.to_at, greatest(one.reltuples, 0)::bigint,
        (select max(s.id) from audit.seals s where s.partition = one.name));
      execute format('drop table audit.%I', one.name);
      return next 'dropped ' || one.name;
    end loop;
  end if;
end
$$;

-- An entry as the one text that its digest is made of, whatever the session is set to.
create function audit.canonical(entry audit.statements) returns text
  language sql stable set search_path = '' set timezone = 'UTC' set datestyle = 'ISO' as $$
  select jsonb_build_array(entry.position, extract(epoch from entry.at)::text, entry.transaction::text,
    entry.relation, entry.kind::text, entry.rows, entry.key_hash, entry.context, entry.role, entry.login, entry.old, entry.new,
    entry.detail)::text
$$;

-- How many entries a partition has in a range, and their digest.
create function audit.digest(partition text, first bigint, last bigint, out entries bigint, out digest bytea)
  language plpgsql stable security definer set search_path = '' as $$
begin
  execute format($sql$
    select count(*), sha256(coalesce(string_agg(
      sha256(convert_to(audit.canonical(row(s.*)::audit.statements), 'utf8')), '' order by s.position), ''))
    from audit.%I as s where s.position between $1 and $2
  $sql$, partition) into entries, digest using first, last;
end
$$;

-- What the hash of a seal is made of besides the one before it.
create function audit.seal_hash(previous bytea, partition text, first bigint, last bigint, entries bigint, digest bytea)
  returns bytea language sql immutable set search_path = '' as $$
  select sha256(previous || convert_to(format('%s %s %s %s ', partition, first, last, entries), 'utf8') || digest)
$$;

-- The seals still to be made, at most so many entries at a time: nothing is written.
create function audit.next_seals(most integer default 10000) returns table (
  partition text, first_position bigint, last_position bigint, entries bigint, digest bytea
) language plpgsql security definer set search_path = '' as $$
declare
  first bigint := coalesce((select max(s.last_position) from audit.seals s), 0) + 1;
  last bigint;
begin
  select max(s.position) into last from (
    select p.position from audit.statements p
    where p.position >= first and p.position <= audit.safe_position() order by p.position limit most
  ) as s;
  if last is null then
    return;
  end if;
  return query
    select p.name, first, last, d.entries, d.digest
    from audit.partitions() p cross join lateral audit.digest(p.name, first, last) d
    where d.entries > 0 order by p.name;
end
$$;

-- Seals what is not sealed yet, up to so many entries. Gives the new seals.
create function audit.seal(most integer default 10000) returns setof audit.seals
  language plpgsql security definer set search_path = '' as $$
declare
  one record;
  number bigint;
  before bytea;
begin
  perform audit.mark();
  -- Two would make two chains.
  perform pg_advisory_xact_lock(7166173019);
  select s.id, s.hash into number, before from audit.seals s order by s.id desc limit 1;
  number := coalesce(number, 0);
  before := coalesce(before, sha256(''));
  for one in select * from audit.next_seals(most) loop
    number := number + 1;
    return query
      insert into audit.seals (id, partition, first_position, last_position, entries, digest, previous, hash)
      values (number, one.partition, one.first_position, one.last_position, one.entries, one.digest, before,
        audit.seal_hash(before, one.partition, one.first_position, one.last_position, one.entries, one.digest))
      returning *;
    select s.hash into before from audit.seals s where s.id = number;
  end loop;
end
$$;

-- Adds the signature of a seal, which has none yet.
create function audit.sign(seal bigint, signature bytea) returns void
  language sql security definer set search_path = '' as $$
  insert into audit.signatures (seal, signature) values (seal, signature) on conflict do nothing
$$;

-- What is wrong with the chain from a seal on: nothing, when nobody tampered with what it covers.
create function audit.verify(from_seal bigint default 1) returns table (seal bigint, partition text, problem text)
  language plpgsql security definer set search_path = '' as $$
declare
  one record;
  before bytea;
  number bigint;
  low bigint;
  found_entries bigint;
  found_digest bytea;
begin
  select s.hash, s.id into before, number from audit.seals s where s.id = from_seal - 1;
  if from_seal <= 1 then
    before := sha256('');
    number := 0;
  end if;
  for one in select s.* from audit.seals s where s.id >= from_seal order by s.id loop
    seal := one.id;
    partition := one.partition;
    if number is not null and one.id <> number + 1 then
      problem := 'seals before it are missing';
      return next;
    end if;
    if before is not null and one.previous <> before then
      problem := 'it does not follow the seal before it';
      return next;
    end if;
    if one.hash <> audit.seal_hash(one.previous, one.partition, one.first_position, one.last_position, one.entries, one.digest) then
      problem := 'the seal itself was changed';
      return next;
    end if;
    number := one.id;
    before := one.hash;
    if not exists (select from audit.partitions() p where p.name = one.partition) then
      if not exists (select from audit.dropped d where d.partition = one.partition) then
        problem := 'its partition is gone, and retention did not drop it';
        return next;
      end if;
      continue;
    end if;
    select d.entries, d.digest into found_entries, found_digest
    from audit.digest(one.partition, one.first_position, one.last_position) d;
    if found_entries <> one.entries then
      problem := format('%s entries were sealed, %s are there', one.entries, found_entries);
      return next;
    elsif found_digest <> one.digest then
      problem := 'an entry was changed';
      return next;
    end if;
  end loop;
  -- Entries in a sealed range, in a partition that had none there.
  for one in
    select p.name, r.first_position, r.last_position, r.id
    from audit.partitions() p
    cross join (
      select s.first_position, s.last_position, min(s.id) as id, array_agg(s.partition) as partitions
      from audit.seals s where s.id >= from_seal group by s.first_position, s.last_position
    ) as r
    cross join lateral audit.digest(p.name, r.first_position, r.last_position) d
    where not p.name = any (r.partitions) and d.entries > 0
  loop
    seal := one.id;
    partition := one.name;
    problem := 'entries were added where it had none';
    return next;
  end loop;
end
$$;
