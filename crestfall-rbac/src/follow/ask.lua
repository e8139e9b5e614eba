-- What another node has told since it was asked last.
-- KEYS: who tells; the last changes
-- ARGV: who told last; how many changes there were
-- Answers nothing when nobody tells; else for how many ms it holds, who tells, how many changes there
-- were, and the new ones; without these when they are not known: anything may have changed.
local told = redis.call('HMGET', KEYS[1], 'teller', 'changes')
local left = redis.call('PTTL', KEYS[1])
if not told[1] or left <= 0 then return {} end
local new = tonumber(told[2]) - tonumber(ARGV[2])
if told[1] ~= ARGV[1] or new < 0 or new > redis.call('LLEN', KEYS[2]) then
  return {left, told[1], told[2]}
end
local changes = {}
if new > 0 then changes = redis.call('LRANGE', KEYS[2], -new, -1) end
return {left, told[1], told[2], changes}
