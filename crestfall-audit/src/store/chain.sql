-- The chain in numbers.
-- $1 from  bigint  the first seal that counts
select (select count(*) from audit.seals where id >= $1),
       (select hash from audit.seals order by id desc limit 1),
       (select coalesce(sum(entries), 0)::bigint from audit.seals where id >= $1),
       (select count(*) from audit.statements
        where position > (select coalesce(max(last_position), 0) from audit.seals))
