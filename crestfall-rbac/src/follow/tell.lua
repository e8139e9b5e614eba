-- Tells other nodes, as the only one who does, and what has changed since it told last.
-- KEYS: who tells; the last changes
-- ARGV: this node; until when what is told holds, in ms of this clock, or 0 to ask for the time only;
--       how many changes there were; the new ones
-- Answers the time in ms, and: 0 another node tells, 1 this one may or does, 2 it came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local teller = redis.call('HGET', KEYS[1], 'teller')
if teller and teller ~= ARGV[1] then return {now, 0} end
if ARGV[2] == '0' then return {now, 1} end
local left = tonumber(ARGV[2]) - now
if left <= 0 then return {now, 2} end
if not teller then
  -- Another may have told and ended since.
  if tonumber(ARGV[3]) > #ARGV - 3 then return {now, 2} end
  redis.call('DEL', KEYS[2])
end
for i = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('LTRIM', KEYS[2], -1000, -1)
redis.call('PEXPIRE', KEYS[2], 60000)
redis.call('HSET', KEYS[1], 'teller', ARGV[1], 'changes', ARGV[3])
redis.call('PEXPIRE', KEYS[1], left)
return {now, 1}
