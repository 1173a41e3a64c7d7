-- Brings the bounds of deadlines that have come up to the truth, in some channels of one partition, and tells which seats
-- are overdue indeed. Ends none: sweep.lua does, when it is known which come first in the whole keyset.
--
-- KEYS   1 meta   2 due, then two per channel: seats, deadlines
-- ARGV   1-3 see seats.lua   4 seats to look at, at most   5 how many overdue seats to pass over in the first channel,
--        then the channels' names
-- Answer { frontier: every overdue seat of these channels that is not told ends then or later; false when all are told,
--        seats told: deadline, channel (from 1) and user each, per channel how many seats it has, and its bound of the
--        earliest deadline or false }
-- Work   constant per seat; at most 500 seats and 64 channels.

local left, skip = tonumber(ARGV[4]), tonumber(ARGV[5])
local frontier, overdue, sizes, bounds = nil, {}, {}, {}

-- Looks at some seats of a channel whose bounds have come. Answers how many.
local function look(n, channel, key)
  local found = redis.call('ZRANGEBYSCORE', key, '-inf', nowText, 'WITHSCORES', 'LIMIT', skip, left)
  if #found == 0 then return 0 end
  local users, moved = {}, {}
  for i = 1, #found, 2 do users[#users + 1] = found[i] end
  local records = redis.call('HMGET', KEYS[channel], unpack(users))
  for i = 1, #users do
    local deadline = records[i] and deadlineOf(records[i])
    if not deadline then
      redis.call('ZREM', key, users[i])
    else
      if deadline <= now then
        overdue[#overdue + 1] = instantText(deadline)
        overdue[#overdue + 1] = tostring(n)
        overdue[#overdue + 1] = users[i]
      end
      if tonumber(found[i * 2]) ~= deadline then
        moved[#moved + 1] = instantText(deadline)
        moved[#moved + 1] = users[i]
      end
    end
  end
  if #moved > 0 then redis.call('ZADD', key, unpack(moved)) end
  if #users == left then frontier = math.min(frontier or math.huge, tonumber(found[#found])) end
  return #users
end

for n = 1, #ARGV - 5 do
  local channel, name = 1 + n * 2, ARGV[5 + n]
  local key = KEYS[channel + 1]
  if left > 0 then
    left = left - look(n, channel, key)
  else
    local bound = redis.call('ZSCORE', KEYS[2], name)
    if bound then frontier = math.min(frontier or math.huge, tonumber(bound)) end
  end
  skip = 0
  local least = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if least then redis.call('ZADD', KEYS[2], least, name) else redis.call('ZREM', KEYS[2], name) end
  sizes[n] = redis.call('HLEN', KEYS[channel])
  bounds[n] = least or false
end
return { frontier and instantText(frontier) or false, overdue, sizes, bounds }
