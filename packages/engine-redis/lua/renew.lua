-- Renews leases of seats in one partition, in the plain case, which nearly every heartbeat is: the seat is there and not
-- due, the lease too, the timeout is what it was, and the deadline does not come earlier by it. Everything else is left as
-- it is and answered, for touch.lua. Stands alone: every microsecond counts. Records: see seats.lua.
--
-- KEYS   per channel: seats
-- ARGV   1 now   then per channel: how many items, and two per item: user; timeoutMs asked for (7 digits, or none at all)
--        and the holder of the lease
-- Answer which items (from 1, over all channels) were not renewed; nothing when all were
-- Work   one read and one write per channel, constant per item (at most 64 leases); at most 64 items.

local now = tonumber(ARGV[1])
local nowText = string.format('%013d', now)
local sub, call, byte = string.sub, redis.call, string.byte
local deadlines = {}
local failed

local function deadlineIn(timeout)
  local deadline = string.format('%013d', now + tonumber(timeout))
  deadlines[timeout] = deadline
  return deadline
end

-- The record of a seat of several leases after one was renewed; nil when it is not the plain case.
local function renewed(record, holder, deadline)
  local at, stop = 22, string.find(record, '\0', 21, true)
  while at < stop do
    local length = tonumber(sub(record, at + 13, at + 15))
    if sub(record, at + 16, at + 15 + length) == holder then
      local ends = sub(record, at, at + 12)
      if ends <= nowText or deadline < ends then return nil end
      local seatEnds = sub(record, 1, 13)
      if deadline > seatEnds then seatEnds = deadline end
      return seatEnds .. sub(record, 14, at - 1) .. deadline .. sub(record, at + 13)
    end
    at = at + 16 + length
  end
end

-- The record after a renewal; nil when it is not the plain case. `want`: timeoutMs or nothing, and the holder.
local function renew(record, want)
  if not record or sub(record, 1, 13) <= nowText then return nil end
  local timeout = sub(record, 14, 20)
  local deadline = deadlines[timeout] or deadlineIn(timeout)
  local first = byte(want)
  -- Holders begin with '-' or '=', timeouts with a digit.
  local hasTimeout = first ~= 45 and first ~= 61
  local start = hasTimeout and 14 or 21
  local stop = start + #want
  if sub(record, start, stop - 1) == want and byte(record, stop) == 0 then
    if deadline < sub(record, 1, 13) then return nil end
    return deadline .. sub(record, 14)
  end
  if byte(record, 21) ~= 42 or (hasTimeout and sub(want, 1, 7) ~= timeout) then return nil end
  return renewed(record, hasTimeout and sub(want, 8) or want, deadline)
end

local at, item = 2, 0
for k = 1, #KEYS do
  local count = tonumber(ARGV[at])
  if count == 1 then
    local user = ARGV[at + 1]
    local record = renew(call('HGET', KEYS[k], user), ARGV[at + 2])
    item = item + 1
    if record then
      call('HSET', KEYS[k], user, record)
    else
      failed = failed or {}
      failed[#failed + 1] = item
    end
  else
    local users, written = {}, {}
    for i = 1, count do users[i] = ARGV[at + i * 2 - 1] end
    local records = call('HMGET', KEYS[k], unpack(users))
    for i = 1, count do
      local record = renew(records[i], ARGV[at + i * 2])
      item = item + 1
      if record then
        written[#written + 1] = users[i]
        written[#written + 1] = record
      else
        failed = failed or {}
        failed[#failed + 1] = item
      end
    end
    if #written > 0 then call('HSET', KEYS[k], unpack(written)) end
  end
  at = at + 1 + count * 2
end
return failed
