-- One user's states in channels of one partition, seated there or not.
--
-- KEYS   1 meta   2 seats   3 deadlines, then two per channel: states, absences
-- ARGV   1-3 see seats.lua   4 user, then the channels' names
-- Answer a state or false per channel
-- Work   constant per channel; at most 100 channels.

local user, states = ARGV[4], {}
for n = 1, #ARGV - 4 do
  local name = ARGV[4 + n] .. '\0' .. user
  local record = readSeat(name)
  if not record then
    local _, _, state = readAbsence({ absences = KEYS[n * 2 + 3] }, user)
    states[n] = state
  else
    states[n] = isLive(record, name) and redis.call('HGET', KEYS[n * 2 + 2], user)
  end
end
rememberShown()
return states
