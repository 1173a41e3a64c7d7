-- One user's states in channels of one partition, seated there or not.
--
-- KEYS   1 meta, then three per channel: seats, states, absences
-- ARGV   1-3 see seats.lua   4 user
-- Answer a state or false per channel
-- Work   constant per channel; at most 100 channels.

local user, states = ARGV[4], {}
for n = 1, (#KEYS - 1) / 3 do
  local at = n * 3 - 1
  local record = redis.call('HGET', KEYS[at], user)
  if not record then
    local _, _, state = readAbsence({ absences = KEYS[at + 2] }, user)
    states[n] = state
  else
    states[n] = deadlineOf(record) > now and redis.call('HGET', KEYS[at + 1], user)
  end
end
return states
