-- Who was behind requests, by what they wrote.
-- $1 requests  text[]
-- $2 from      timestamptz
-- $3 to        timestamptz
select distinct on (request) request, actor, session, api_key, organisation, ip
from audit.statements as s
cross join lateral (
  select nullif(one[1], '') as actor, nullif(one[2], '') as session, nullif(one[3], '') as api_key,
         nullif(one[4], '') as organisation, one[5] as request, nullif(one[6], '') as ip
  from string_to_array(s.context, chr(31)) as one
) as who
where s.at >= $2 and s.at <= $3 and who.request = any ($1)
order by request, s.position
