-- Ends seats of one partition that look.lua found overdue, where they still are, in the order given.
--
-- KEYS   see seats.lua
-- ARGV   1-7 see seats.lua   8 how many channels, their names, then two per seat: which of these channels (from 1), user
-- Answer { false, changes, ended seats (channel, user, mark each), newest timetoken or false, bound of the earliest
--        deadline that is left or false }
-- Work   constant per seat; at most 100 seats.

local count = tonumber(ARGV[8])
local channels = {}
for n = 1, count do channels[n] = channelAt(n, ARGV[8 + n]) end
for at = 9 + count, #ARGV, 2 do liveRecord(channels[tonumber(ARGV[at])], ARGV[at + 1]) end

local _, changes, gone, newest = closePartition()
return { false, changes, gone, newest, redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2] or false }
