-- Renews leases of seats in partitions, in the plain case, which nearly every heartbeat is: the seat is there and not
-- due, the lease too, it was not given up, and the timeout is what it was. What was renewed later than `now` stays as it
-- is, as does everything that is no plain case: that is answered, for touch.lua. Stands alone: every microsecond counts.
-- Records: see seats.lua.
--
-- KEYS   the seats of each partition
-- ARGV   1 now, then per partition how many items, then two per item, each of another seat, partition by partition: the
--        seat's name; timeoutMs asked for (7 digits, or none at all) and the holder of the lease
-- Answer which items (from 1) were not renewed; nothing when all were
-- Work   one read and one write per partition, constant per item (at most 64 leases); at most 256 items.

local nowText, sub, byte, find, call = ARGV[1], string.sub, string.byte, string.find, redis.call
local deadlines, failed = {}, nil
-- Where an item's name stands in ARGV is twice its number, and this.
local first = #KEYS

-- The record of a seat of several leases after one was renewed; nil when it is not the plain case.
local function renewed(record, holder, timeout, deadline)
  local at, stop = 22, find(record, '\0', 21, true)
  while at < stop do
    local length = tonumber(sub(record, at + 20, at + 22))
    if sub(record, at + 23, at + 22 + length) == holder then
      local ends = sub(record, at, at + 12)
      if ends <= nowText or sub(record, at + 13, at + 19) ~= timeout then return nil end
      if deadline < ends then return record end
      local seatEnds = sub(record, 1, 13)
      if deadline > seatEnds then seatEnds = deadline end
      return seatEnds .. sub(record, 14, at - 1) .. deadline .. sub(record, at + 13)
    end
    at = at + 23 + length
  end
end

-- The record after a renewal; nil when it is not the plain case. What an item wants is a timeout, which begins with a
-- digit, and a holder, which begins with none.
local function renew(record, ends, want)
  local sign = byte(want)
  local hasTimeout = sign >= 48 and sign <= 57
  local timeout = sub(hasTimeout and want or record, hasTimeout and 1 or 14, hasTimeout and 7 or 20)
  local deadline = deadlines[timeout]
  if not deadline then
    deadline = string.format('%013d', tonumber(nowText) + tonumber(timeout))
    deadlines[timeout] = deadline
  end
  local start = hasTimeout and 14 or 21
  -- Finding stops at once where it begins with what is wanted, and makes no text as a comparison of parts would.
  if byte(record, start + #want) == 0 and find(record, want, start, true) == start then
    if deadline < ends then return record end
    return deadline .. sub(record, 14)
  end
  if byte(record, 21) ~= 42 or (hasTimeout and sub(record, 14, 20) ~= timeout) then return nil end
  return renewed(record, hasTimeout and sub(want, 8) or want, timeout, deadline)
end

local function fail(at)
  failed = failed or {}
  failed[#failed + 1] = (at - first) / 2
end

local function renewLive(record, shown, want)
  local ends = sub(record, 1, 13)
  if ends <= nowText or (shown and ends <= shown) then return nil end
  return renew(record, ends, want)
end

-- One item alone needs no lists.
local function renewOne(key, at)
  local found = call('HMGET', key, ARGV[at], '')
  local record, shown = found[1], found[2]
  local after = record and renewLive(record, shown, ARGV[at + 1])
  if not after then return fail(at) end
  if after ~= record then call('HSET', key, ARGV[at], after) end
end

local function renewAll(key, from, to)
  local names, written, w = {}, {}, 0
  for at = from, to, 2 do names[#names + 1] = ARGV[at] end
  local count = #names
  names[count + 1] = ''
  local records = call('HMGET', key, unpack(names))
  local shown = records[count + 1]
  for i = 1, count do
    local record, at = records[i], from + i * 2 - 2
    local after = record and renewLive(record, shown, ARGV[at + 1])
    if not after then
      fail(at)
    elseif after ~= record then
      written[w + 1] = names[i]
      w = w + 2
      written[w] = after
    end
  end
  if w > 0 then call('HSET', key, unpack(written)) end
end

local at = first + 2
for k = 1, #KEYS do
  local stop = at + tonumber(ARGV[k + 1]) * 2
  if stop == at + 2 then renewOne(KEYS[k], at) else renewAll(KEYS[k], at, stop - 2) end
  at = stop
end
return failed
