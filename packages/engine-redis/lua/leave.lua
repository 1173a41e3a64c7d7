-- Gives up one user's leases in channels of one partition, at once or with a grace; a seat ends with its last.
--
-- KEYS   see seats.lua
-- ARGV   1-7 see seats.lua   8 user   9 holder of the lease   10 end of the debounce (an instant)
--        11 for how long leases stand unless they are renewed (7 digits of ms at most), 0: they end; then channels' names
-- Answer { least new deadline, changes, ended seats (channel, user, mark each), newest entry }
-- Work   constant per channel (at most 64 leases, 8 absences); at most 64 channels.

local user, holder, debounceEnds, graceMs = ARGV[8], ARGV[9], tonumber(ARGV[10]), tonumber(ARGV[11])

for n = 1, #ARGV - 11 do
  local channel = channelAt(n, ARGV[11 + n])
  local record = liveRecord(channel, user)
  if record then
    local seat = readRecord(record)
    local before = deadlineOf(record)
    local left = graceMs > 0 and giveUpLease(seat, holder, graceMs) or endLease(seat, holder)
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
