-- Finds the channels of one partition whose summary is due.
--
-- KEYS   1 ticks
-- ARGV   1 now   2 channels to tell at most
-- Answer { when the first is due or false, then for each that is due, the earliest first: its channel, when }
-- Work   constant per channel told; at most 500.

local found = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
return { redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or false, unpack(found) }
