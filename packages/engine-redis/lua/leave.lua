-- Gives up one user's leases in channels of one partition; a seat ends with its last.
--
-- KEYS   see seats.lua
-- ARGV   1-6 see seats.lua   7 user   8 holder of the lease   9 end of the debounce (an instant), then channels' names
-- Answer { least new deadline, changes, ended seats (channel, user, mark each), newest entry }
-- Work   constant per channel (at most 64 leases, 8 absences); at most 64 channels.

local user, holder, debounceEnds = ARGV[7], ARGV[8], tonumber(ARGV[9])

for n = 1, #ARGV - 9 do
  local channel = channelAt(n, ARGV[9 + n])
  local record = liveRecord(channel, user)
  if record then
    local seat = readRecord(record)
    local before = extended(seat.deadline, seat.timeoutMs)
    local left = endLease(seat, holder)
    if left == 'some' then
      writeSeat(channel, user, seat, before)
    elseif left == 'last' then
      endSeat('l', channel, user, seat, now)
      if debounceEnds > now then writeAbsence(channel, user, 0, debounceEnds, false) end
    end
  end
end

local least, changes, gone, tip = closePartition()
return { least, changes, gone, tip }
