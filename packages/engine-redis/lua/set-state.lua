-- Replaces one user's state in channels of one partition, seated there or not.
--
-- KEYS   see seats.lua
-- ARGV   1-7 see seats.lua   8 user   9 state ('' clears)   10 until when it waits for a join, then channels' names
-- Answer { false, changes, ended seats (channel, user, mark each), newest entry }
-- Work   constant per channel (at most 8 absences); at most 64 channels.

local user, state, keptUntil = ARGV[8], ARGV[9] ~= '' and ARGV[9], tonumber(ARGV[10])

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

for n = 1, #ARGV - 10 do
  local channel = channelAt(n, ARGV[10 + n])
  if liveRecord(channel, user) then replaceState(channel, user, state) else keepState(channel) end
end

local least, changes, gone, tip = closePartition()
return { least, changes, gone, tip }
