-- Takes from a bucket what it has room for, and gives what was used of it before, as microseconds
-- until it is full. Whoever calls can tell from that whether it had room.
-- KEYS[1]  the bucket: the instant at which it is full, in microseconds
-- ARGV[1]  its window, in microseconds
-- ARGV[2]  what the events take, in microseconds
-- ARGV[3]  1 to take it, 0 to look only
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, price = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
local used = math.min(math.max(full - now, 0), window)
local after = used + price
if ARGV[3] == '1' and after <= window and after > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
end
return used
