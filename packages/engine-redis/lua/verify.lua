-- In which channels of one partition a user has a seat.
--
-- KEYS   1 meta, then one per channel: seats
-- ARGV   1-3 see seats.lua   4 user
-- Answer per channel: 2 a live seat, 1 an overdue one, 0 none
-- Work   constant per channel; at most 500 channels.

local found = {}
for n = 2, #KEYS do
  local record = redis.call('HGET', KEYS[n], ARGV[4])
  found[n - 1] = record and (deadlineOf(record) > now and 2 or 1) or 0
end
return found
