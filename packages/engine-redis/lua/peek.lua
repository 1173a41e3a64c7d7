-- Tells which channels of one partition may have overdue seats, says that somebody looked, and records an outage.
--
-- KEYS   1 meta   2 log   3 due
-- ARGV   1-3 see seats.lua   4 channels at most   5 retentionMs
-- Answer { tip of the log or false, bound of the earliest deadline that is not among the channels told or false,
--        channels, in the order of their bounds }
-- Work   at most 64 channels, 32 pauses, and one trim of whole nodes of the stream (at most 10,000 entries).

local pausesMax, timeoutMax = 32, 3600000

-- A pause that is under way ends now. Those that no seat can have lived through are forgotten; of too many, the oldest
-- two become one.
local function recordPauses(swept)
  local kept = {}
  for i = 1, #pauses do
    if pauses[i][2] + timeoutMax > now then kept[#kept + 1] = pauses[i] end
  end
  if #kept > pausesMax then
    kept[2][1] = kept[1][1]
    table.remove(kept, 1)
  end
  for i = 1, #kept do kept[i] = instantText(kept[i][1]) .. instantText(kept[i][2]) end
  local text = table.concat(kept)
  if text ~= (known[4] or '') then redis.call('HSET', KEYS[1], 'pauses', text) end
  -- Coarse, so that nodes that all look do not all write.
  if not swept or now > swept + 500 then redis.call('HSET', KEYS[1], 'swept', nowText) end
end

recordPauses(tonumber(known[3] or nil))
local limit = tonumber(ARGV[4])
local found = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', nowText, 'LIMIT', '0', limit + 1)
local channels = {}
for i = 1, math.min(limit, #found) do channels[i] = found[i] end
local nextBound = redis.call('ZRANGE', KEYS[3], #channels, #channels, 'WITHSCORES')[2]
local tip = redis.call('HGET', KEYS[1], 'tip')
if tip then redis.call('XTRIM', KEYS[2], 'MINID', '~', string.format('%d', math.max(0, now - tonumber(ARGV[5])))) end
return { tip, nextBound or false, channels }
