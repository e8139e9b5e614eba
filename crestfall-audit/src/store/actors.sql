-- Who was behind requests, by what they wrote.
-- $1 requests  text[]
-- $2 from      timestamptz
-- $3 to        timestamptz
select distinct on (request) request, actor, session, api_key, organisation, ip
from audit.statements
where at >= $2 and at <= $3 and request = any ($1)
order by request, position
