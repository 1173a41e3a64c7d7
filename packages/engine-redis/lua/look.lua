-- Finds the overdue seats of one partition: looks at those whose bound has come, brings the bounds of the others up to the
-- truth, says that somebody looked, and records an outage. Ends none: sweep.lua does, when it is known which come first
-- in the whole keyset.
--
-- KEYS   1 meta   2 seats   3 deadlines   4 log
-- ARGV   1-3 see seats.lua   4 seats to look at, at most   5 overdue seats to pass over   6 retentionMs
-- Answer { tip of the log or false, frontier: every overdue seat that is not told ends then or later, false when all are
--        told; bound of the earliest deadline, those told included, or false; seats told: deadline and name each }
-- Work   constant per seat, at most 500; 32 pauses; one trim of whole nodes of the stream (at most 10,000 entries).

local pausesMax, timeoutMax = 32, 10000000

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
local tip = redis.call('HGET', KEYS[1], 'tip')
if tip then redis.call('XTRIM', KEYS[4], 'MINID', '~', string.format('%d', math.max(0, now - tonumber(ARGV[6])))) end

-- The name of a seat, and what follows it, of what names the seat in `deadlines`.
local function nameOf(member)
  local nul = string.find(member, '\0', string.find(member, '\0', 1, true) + 1, true)
  return string.sub(member, 1, nul - 1), string.sub(member, nul + 1)
end

local limit = tonumber(ARGV[4])
local found = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', nowText, 'WITHSCORES', 'LIMIT', ARGV[5], limit)
local names, tails, moved, overdue = {}, {}, {}, {}
for i = 1, #found / 2 do names[i], tails[i] = nameOf(found[i * 2 - 1]) end
local records = #names > 0 and redis.call('HMGET', KEYS[2], unpack(names))
for i = 1, #names do
  local record, isPlain = records[i], tails[i] ~= '*'
  local isNamed = record and tailOf(record) == tails[i]
  if isNamed and isPlain then record = withScore(record, found[i * 2]) end
  local deadline = isNamed and deadlineOf(record)
  if not deadline then
    redis.call('ZREM', KEYS[3], found[i * 2 - 1])
  else
    if deadline <= now then
      overdue[#overdue + 1] = instantText(deadline)
      overdue[#overdue + 1] = names[i]
    end
    if isPlain then
      -- It lived through an outage: it is not to be looked at again before it has been made up for.
      if deadline > now then setAside(names[i], record, deadline) end
    elseif tonumber(found[i * 2]) ~= deadline then
      moved[#moved + 1] = instantText(deadline)
      moved[#moved + 1] = found[i * 2 - 1]
    end
  end
end
if #moved > 0 then redis.call('ZADD', KEYS[3], unpack(moved)) end
local frontier = #names == limit and found[#found]
local bound = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
return { tip, frontier, bound or false, overdue }
