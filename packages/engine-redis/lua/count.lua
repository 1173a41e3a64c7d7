-- Counts the overdue seats in part of a channel.
--
-- KEYS   1 meta   2 seats   3 deadlines   4 order
-- ARGV   1-3 see seats.lua   4 the channel's name   5 rank of the first seat   6 how many seats
-- Answer { seats looked at, overdue ones among them }
-- Work   the seats looked at, at most 1000.

local users = redis.call('ZRANGE', KEYS[4], ARGV[5], ARGV[5] + ARGV[6] - 1)
local overdue = 0
if #users > 0 then
  local names = {}
  for i = 1, #users do names[i] = ARGV[4] .. '\0' .. users[i] end
  local records = readSeats(names)
  for i = 1, #names do
    if records[i] and not isLive(records[i], names[i]) then overdue = overdue + 1 end
  end
end
rememberShown()
return { #users, overdue }
