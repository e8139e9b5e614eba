-- Values of settings in this transaction, as a function may have just made them.
-- $1 names  text[]
-- gives name text, value text
select name, current_setting(name, true)
from unnest($1::text[]) as name
where current_setting(name, true) is not null
