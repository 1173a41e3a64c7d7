-- Renews leases of seats in one partition, in the plain case, which nearly every heartbeat is: the seat is there and not
-- due, the lease too, the timeout is what it was, and the deadline does not come earlier by it. Everything else is left as
-- it is and answered, for touch.lua. Stands alone: every microsecond counts. Records: see seats.lua.
--
-- KEYS   1 seats
-- ARGV   1 now, then two per item, each of another seat: the seat's name; timeoutMs asked for (7 digits, or none at all)
--        and the holder of the lease
-- Answer which items (from 1) were not renewed; nothing when all were
-- Work   one read and one write, constant per item (at most 64 leases); at most 128 items.

local nowText, sub, byte = ARGV[1], string.sub, string.byte
local count, timeoutBefore, deadline = #ARGV, nil, nil
local names, written, w, failed = {}, {}, 0, nil

-- The record of a seat of several leases after one was renewed; nil when it is not the plain case.
local function renewed(record, holder)
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

for i = 2, count, 2 do names[i / 2] = ARGV[i] end
local records = redis.call('HMGET', KEYS[1], unpack(names))
for i = 1, #names do
  local record, want, after = records[i], ARGV[i * 2 + 1], nil
  if record and record > nowText then
    local tail = sub(record, 14)
    local timeout = sub(tail, 1, 7)
    if timeout ~= timeoutBefore then
      timeoutBefore = timeout
      deadline = string.format('%013d', tonumber(nowText) + tonumber(timeout))
    end
    -- Holders begin with a sign, timeouts with a digit.
    local first = byte(want)
    local hasTimeout = first >= 48 and first <= 57
    local start = hasTimeout and 1 or 8
    if byte(tail, start + #want) == 0 and sub(tail, start, start + #want - 1) == want then
      if deadline >= sub(record, 1, 13) then after = deadline .. tail end
    elseif byte(tail, 8) == 42 and (not hasTimeout or sub(want, 1, 7) == timeout) then
      after = renewed(record, hasTimeout and sub(want, 8) or want)
    end
  end
  if after then
    written[w + 1] = names[i]
    w = w + 2
    written[w] = after
  else
    failed = failed or {}
    failed[#failed + 1] = i
  end
end
if w > 0 then redis.call('HSET', KEYS[1], unpack(written)) end
return failed
