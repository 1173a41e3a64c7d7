-- Channels of one partition that have seats, the fullest first, and how many there are of both; overdue seats included.
--
-- KEYS   1 meta   2 occupied
-- ARGV   1-3 see seats.lua   4 channels to tell, then channels whose seats to count
-- Answer { channels, seats, channels told, seats of each channel asked for }
-- Work   the channels told, at most 10,000, and those asked for, at most 5,000.

local told, counts = {}, {}
if ARGV[4] ~= '0' then told = redis.call('ZREVRANGE', KEYS[2], 0, tonumber(ARGV[4]) - 1) end
for n = 5, #ARGV do counts[n - 4] = redis.call('ZSCORE', KEYS[2], ARGV[n]) or '0' end
return { redis.call('ZCARD', KEYS[2]), tonumber(redis.call('HGET', KEYS[1], 'seats') or '0'), told, counts }
