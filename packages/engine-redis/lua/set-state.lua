-- Replaces one user's state in channels of one partition, seated there or not.
--
-- KEYS   see seats.lua
-- ARGV   1-6 see seats.lua   7 user   8 state ('' clears)   9 until when it waits for a join, then channels' names
-- Answer { false, changes, ended seats (channel, user, mark each), newest entry }
-- Work   constant per channel (at most 8 absences); at most 64 channels.

local user, state, keptUntil = ARGV[7], ARGV[8] ~= '' and ARGV[8], tonumber(ARGV[9])

local function keepState(channel)
  local _, debounceEnds, former, isAbsent = readAbsence(channel, user)
  if not state and not former then return end
  local stateEnds = state and keptUntil or 0
  if math.max(stateEnds, debounceEnds) > now then
    writeAbsence(channel, user, stateEnds, debounceEnds, state)
  elseif isAbsent then
    redis.call('HDEL', channel.absences, user)
  end
  if state ~= former then change('s', channel, user, state, now) end
end

for n = 1, #ARGV - 9 do
  local channel = channelAt(n, ARGV[9 + n])
  if liveRecord(channel, user) then replaceState(channel, user, state) else keepState(channel) end
end

local least, changes, gone, tip = closePartition()
return { least, changes, gone, tip }
