-- Seats one user in channels of one partition, or renews the leases it has there.
--
-- KEYS   see seats.lua
-- ARGV   1-7 see seats.lua   8 user   9 holder of the lease ('-', or '=' and a device)   10 timeoutMs asked for, or ''
--        11 timeoutMs of a new seat otherwise   12 'd' deliberate or 'i' implied, then three per channel: its name;
--        the mark of the user's index, or '' when the user may not join; its state: '' leaves it alone, '-' clears,
--        '=' and a text sets
-- Answer { least new deadline, changes, ended seats (channel, user, mark each), newest entry, outcomes }; an outcome per channel: 's'
--        seated and since (13 digits) and the join's timetoken (17, or 0 when it is not in the log), 'r' refused and until
--        when, or 'a' absent
-- Work   constant per channel (at most 64 leases, 8 absences); at most 64 channels.

local user, holder, intent = ARGV[8], ARGV[9], ARGV[12]
local asked, default = tonumber(ARGV[10]), tonumber(ARGV[11])
local outcomes = {}

local function renew(channel, record, mark)
  local seat = readRecord(record)
  local before = deadlineOf(record)
  renewLease(seat, holder, asked)
  -- Of several touches at once the newest mark is the index's.
  if mark ~= '' and tonumber(mark) > tonumber(seat.mark) then seat.mark = mark end
  writeSeat(channel, user, seat, before)
  return 's' .. seat.since .. joinTimetoken(seat)
end

local function take(channel, mark)
  local _, debounceEnds, state, isAbsent = readAbsence(channel, user)
  if intent == 'i' and debounceEnds > now then return 'r' .. instantText(debounceEnds) end
  if mark == '' then return 'a' end
  openChannel(channel)
  if isAbsent then redis.call('HDEL', channel.absences, user) end
  local timeoutMs = asked or default
  local seat = {
    deadline = now + timeoutMs, timeoutMs = timeoutMs, holder = holder,
    order = string.format('%d', nextOrder()), since = nowText, mark = mark,
  }
  channel.occupancy = occupancyOf(channel) + 1
  partition.seats = partition.seats + 1
  redis.call('ZADD', channel.order, seat.order, user)
  enterDeadline(seatOf(channel, user), string.format('%07d', timeoutMs) .. holder, seat.deadline)
  noteDeadline(seat.deadline)
  if state then redis.call('HSET', channel.states, user, state) end
  local entry = change('j', channel, user, state, now)
  newRecords[#newRecords + 1] = { channel = channel, user = user, seat = seat, entry = entry }
  return #newRecords
end

for n = 1, (#ARGV - 12) / 3 do
  local at = 13 + (n - 1) * 3
  local channel, mark, state = channelAt(n, ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  local record
  if mark == '' then record = readSeat(seatOf(channel, user)) else record = liveRecord(channel, user) end
  if record and deadlineOf(record) <= now then
    outcomes[n] = 'a'
  else
    outcomes[n] = record and renew(channel, record, mark) or take(channel, mark)
    local isSeated = type(outcomes[n]) == 'number' or string.sub(outcomes[n], 1, 1) == 's'
    if isSeated and state == '-' then replaceState(channel, user, false) end
    if isSeated and string.sub(state, 1, 1) == '=' then replaceState(channel, user, string.sub(state, 2)) end
  end
end

local least, changes, gone, tip = closePartition()
for n = 1, #outcomes do
  local new = newRecords[outcomes[n]]
  if new then outcomes[n] = 's' .. nowText .. joinTimetoken(new.seat) end
end
return { least, changes, gone, tip, outcomes }
