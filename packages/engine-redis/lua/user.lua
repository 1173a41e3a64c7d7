-- Part of one user's index, in the order the user took its seats.
--
-- KEYS   1 the user's index
-- ARGV   1 from which place on   2 how many
-- Answer two per channel: its name, its mark
-- Work   the channels told, at most 1000.

local found = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[1] + ARGV[2] - 1, 'WITHSCORES')
for i = 2, #found, 2 do found[i] = string.format('%.0f', tonumber(found[i])) end
return found
