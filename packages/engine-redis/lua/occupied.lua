-- Channels of one partition that have seats, the fullest first, and how many there are of both.
--
-- KEYS   1 meta   2 due   3 occupied
-- ARGV   1-3 see seats.lua   4 channels to tell   5 channels that may have overdue seats: how many to pass over
-- Answer { channels, seats, overdue ones included in both; channels that may have overdue seats, at most 64; channels told }
-- Work   64 channels and the channels told, at most 5000.

local seats = tonumber(redis.call('HGET', KEYS[1], 'seats') or '0')
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', nowText, 'LIMIT', ARGV[5], 64)
local told = {}
if ARGV[4] ~= '0' then told = redis.call('ZREVRANGE', KEYS[3], 0, tonumber(ARGV[4]) - 1) end
return { redis.call('ZCARD', KEYS[3]), seats, due, told }
