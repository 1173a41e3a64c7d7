-- Renews leases of seats in partitions, in the plain case: the seat is there and not due, the lease too, it was not given
-- up, and the timeout is what it was. What was renewed later than an item's time stays as it is, as does everything that
-- is no plain case: that is answered, for touch.lua. Nodes call it for what they do not remember, and for what they could
-- not renew by themselves (renewals.ts). Stands alone. Records, and how seats are named in `deadlines`: see seats.lua.
--
-- KEYS   two per partition: seats, deadlines
-- ARGV   per partition how many items, then three per item, partition by partition: the seat's name; timeoutMs asked for
--        (7 digits, or none at all) and the holder of the lease; the item's time (13 digits)
-- Answer two for each item of which there is something to tell, its number (from 1) and: 0, it was not renewed; 1, it was,
--        but nodes cannot renew it by themselves; or the timeoutMs it was renewed for, when it asked for none
-- Work   three calls per partition, constant per item (at most 64 leases); at most 256 items.

local sub, byte, find, call = string.sub, string.byte, string.find, redis.call
local answer = {}
-- Where an item's name stands in ARGV is three times its number, and this.
local first = #KEYS / 2 - 2

local function tell(at, what)
  answer[#answer + 1] = (at - first) / 3
  answer[#answer + 1] = what
end

-- A score as 13 digits: instants compare as texts.
local function textOf(score)
  return #score == 13 and score or string.format('%013d', tonumber(score))
end

-- The record of a seat of several leases after one was renewed; nil when it is not the plain case.
local function renewed(record, holder, timeout, now)
  local deadline = string.format('%013d', tonumber(now) + tonumber(timeout))
  local at, stop = 22, find(record, '\0', 21, true)
  while at < stop do
    local length = tonumber(sub(record, at + 20, at + 22))
    if sub(record, at + 23, at + 22 + length) == holder then
      local ends = sub(record, at, at + 12)
      if ends <= now or sub(record, at + 13, at + 19) ~= timeout then return nil end
      if deadline < ends then return record end
      local seatEnds = sub(record, 1, 13)
      if deadline > seatEnds then seatEnds = deadline end
      return seatEnds .. sub(record, 14, at - 1) .. deadline .. sub(record, at + 13)
    end
    at = at + 23 + length
  end
end

-- Whether what ends then is live at an item's time, and nobody was shown that it is over.
local function isLive(ends, now, shown)
  return ends > now and not (shown and ends <= shown)
end

-- Renews one of several leases. Answers whether it did.
local function renewBeside(seats, name, record, want, now)
  if not isLive(sub(record, 1, 13), now, call('HGET', seats, '')) then return false end
  local timeout = sub(record, 14, 20)
  local asked = string.match(want, '^%d+')
  if asked and asked ~= timeout then return false end
  local after = renewed(record, asked and sub(want, 8) or want, timeout, now)
  if after and after ~= record then call('HSET', seats, name, after) end
  return after ~= nil
end

-- Renews what is not found by what an item says: the seat has several leases, or no timeout was asked for.
local function renewOther(seats, deadlines, at)
  local name, want, now = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local record = call('HGET', seats, name)
  if not record then return tell(at, 0) end
  if byte(record, 21) == 42 then
    return tell(at, renewBeside(seats, name, record, want, now) and 1 or 0)
  end
  local lease = sub(record, 14, find(record, '\0', 21, true) - 1)
  local score = sub(lease, 8) == want and call('ZSCORE', deadlines, name .. '\0' .. lease)
  if not score or not isLive(textOf(score), now, call('HGET', seats, '')) then return tell(at, 0) end
  local timeoutMs = tonumber(sub(lease, 1, 7))
  call('ZADD', deadlines, 'XX', 'GT', tonumber(now) + timeoutMs, name .. '\0' .. lease)
  tell(at, timeoutMs)
end

local function renewAll(seats, deadlines, from, to)
  local members, places, others, raised = {}, {}, {}, {}
  for at = from, to, 3 do
    local sign = byte(ARGV[at + 1])
    if sign >= 48 and sign <= 57 then
      places[#places + 1] = at
      members[#places] = ARGV[at] .. '\0' .. ARGV[at + 1]
    else
      others[#others + 1] = at
    end
  end
  local scores, shown = {}, nil
  if #places > 0 then scores, shown = call('ZMSCORE', deadlines, unpack(members)), call('HGET', seats, '') end
  for i = 1, #places do
    local at, score = places[i], scores[i]
    local now = ARGV[at + 2]
    if score and isLive(textOf(score), now, shown) then
      raised[#raised + 1] = tonumber(now) + tonumber(sub(ARGV[at + 1], 1, 7))
      raised[#raised + 1] = members[i]
    else
      others[#others + 1] = at
    end
  end
  if #raised > 0 then call('ZADD', deadlines, 'XX', 'GT', unpack(raised)) end
  for i = 1, #others do renewOther(seats, deadlines, others[i]) end
end

local at = first + 3
for k = 1, #KEYS / 2 do
  local stop = at + tonumber(ARGV[k]) * 3
  renewAll(KEYS[k * 2 - 1], KEYS[k * 2], at, stop - 3)
  at = stop
end
return answer
