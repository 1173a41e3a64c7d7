-- What scripts that change seats begin with, after common.lua: records, deadlines, leases, changes.
--
-- KEYS   1 meta   2 seats   3 deadlines   4 log   5 occupied   6 ticks, then five per channel: order, states, revision,
--        absences, visits
-- ARGV   1 now    2 dice for a new epoch   3 outageMs (0: no outages)   4 place (LogClock.place)   5 entriesMax   6 retentionMs
--        7 when channels are summed up: for each `announceMax/everyMs`, or `-` for never, with spaces between; or '' for none
-- Scripts that change nothing have fewer, and do not come after summaries.lua.
--
-- A seat is named by its channel, NUL and its user; what is named '' is when a seat was shown to be over last.
-- Its record (the hash `seats`):
--   deadline (13 digits)  timeoutMs (7 digits)  holder  NUL  order ':' since ':' join ':' mark
-- holder  '-' an unnamed device, '=' or '#' and what names one (src/presence/leases.ts): the only lease, renewed for the
--         seat's timeout. Or '*' and for each lease its deadline (13 digits), what it was renewed for (7 digits of ms),
--         the length of its holder (3 digits), and its holder, with '~' before it when the lease was given up: it stands
--         for that long then, and no renewal of the plain kind finds it (renew.lua)
--         A seat of one lease is plain, or has '*' as well, so that no node renews it by itself.
-- join    the join's timetoken, or only its last four digits where the others are `since`; 0 when it was not logged
-- mark    what the user's index knows the seat by (index.lua)
--
-- An absence (the hash `absences` of a channel, by user):  end of the state (13 digits)  end of the debounce (13 digits)  state
--
-- In `deadlines` a seat is named by its name, NUL, and of its record timeoutMs and holder where it is plain, else '*'.
-- A plain seat's deadline is there: nodes and renew.lua make it later by that name and leave the record alone, which has
-- the deadline that it was written with. So whoever reads a record reads both (readSeat, readSeats), and whoever makes
-- something else of a seat takes its name away, by which what is late finds nothing.
-- Where '*' stands, the record has the truth and `deadlines` a lower bound: a renewal that makes a deadline later leaves
-- it alone, and who finds one that has come checks the record (look.lua, view.lua).

local known = redis.call('HMGET', KEYS[1], 'epoch', 'order', 'swept', 'pauses', 'shown')
local swept, shown = tonumber(known[3] or nil), tonumber(known[5] or nil)

-- A node whose clock is behind (its machine was suspended) must not give others' seats less time than they have: the time
-- never is before that of the last sweep, whoever did it. Nor is it before anybody was shown that a seat is over:
-- else what was long on its way could renew it, and who was shown that would not hear of it again.
local said = tonumber(ARGV[1])
local now = math.max(said, swept or 0, shown or 0)
local nowText = string.format('%013d', now)
local outageMs = tonumber(ARGV[3])
local devicesMax, absencesMax, absencesSampled, spreadFrom = 64, 20000, 8, 32
local forgetMs, slackMs = 2400000, 60000
local none13 = '0000000000000'

local partition = { orders = 0, seats = 0 }
local touched, changes, entries, ended, newRecords = {}, {}, {}, {}, {}
local leastDeadline
-- Plain seats that were shown to be over, by name and record, and whether any seat was.
local shownOver, showsOver = {}, false

local function instantText(instant)
  return string.format('%013d', instant)
end

-- Pauses (what nobody swept for too long): 13 digits from, 13 digits to, each; oldest first, the one under way too.
local function readPauses(text)
  local pauses = {}
  for at = 1, #(text or ''), 26 do
    pauses[#pauses + 1] = { tonumber(string.sub(text, at, at + 12)), tonumber(string.sub(text, at + 13, at + 25)) }
  end
  if outageMs > 0 and swept and now - swept > outageMs then pauses[#pauses + 1] = { swept, now } end
  return pauses
end

partition.epoch = known[1] or openEpoch(KEYS[1], ARGV[2])
partition.order = tonumber(known[2] or '0')
local pauses = readPauses(known[4])

-- When what was renewed for `timeoutMs` until `deadline` ends: later by the pauses that it lived through.
local function extended(deadline, timeoutMs)
  if #pauses == 0 then return deadline end
  local renewed = deadline - timeoutMs
  for i = 1, #pauses do
    local from, to = pauses[i][1], pauses[i][2]
    if renewed < to and renewed + timeoutMs > from then renewed = renewed + to - math.max(renewed, from) end
  end
  return renewed + timeoutMs
end

-- What names a record's seat in `deadlines`, after its own name and NUL.
local function tailOf(record)
  if string.byte(record, 21) == 42 then return '*' end
  return string.sub(record, 14, string.find(record, '\0', 21, true) - 1)
end

-- A plain seat's record with the deadline that it has come to by renewals; `score` may be false.
local function withScore(record, score)
  local ends = score and instantText(tonumber(score))
  if not ends or ends <= string.sub(record, 1, 13) then return record end
  return ends .. string.sub(record, 14)
end

-- A seat's record by the seat's name, or false.
local function readSeat(name)
  local record = redis.call('HGET', KEYS[2], name)
  local tail = record and tailOf(record)
  if not record or tail == '*' then return record end
  return withScore(record, redis.call('ZSCORE', KEYS[3], name .. '\0' .. tail))
end

-- Records of many seats. What a record says to be later than now is a lower bound here, which is all that views need.
local function readSeats(names)
  local records = redis.call('HMGET', KEYS[2], unpack(names))
  local members, at = {}, {}
  for i = 1, #names do
    local record = records[i]
    if record and string.sub(record, 1, 13) <= nowText and string.byte(record, 21) ~= 42 then
      at[#at + 1] = i
      members[#at] = names[i] .. '\0' .. tailOf(record)
    end
  end
  if #at == 0 then return records end
  local scores = redis.call('ZMSCORE', KEYS[3], unpack(members))
  for i = 1, #at do records[at[i]] = withScore(records[at[i]], scores[i]) end
  return records
end

-- Makes a plain seat one that is not renewed by its name in `deadlines`, and bounds its deadline there.
local function setAside(name, record, bound)
  local nul = string.find(record, '\0', 21, true)
  local holder, lease = string.sub(record, 21, nul - 1), string.sub(record, 1, 20)
  redis.call('ZREM', KEYS[3], name .. '\0' .. tailOf(record))
  redis.call('ZADD', KEYS[3], instantText(bound), name .. '\0*')
  redis.call('HSET', KEYS[2], name, lease .. '*' .. lease .. string.format('%03d', #holder) .. holder
    .. string.sub(record, nul))
end

-- A record in parts.
local function readRecord(record)
  local nul = string.find(record, '\0', 21, true)
  local order, since, join, mark = string.match(record, '^(%d+):(%d+):(%d+):(%d*)$', nul + 1)
  return {
    deadline = tonumber(string.sub(record, 1, 13)),
    timeoutMs = tonumber(string.sub(record, 14, 20)),
    holder = string.sub(record, 21, nul - 1),
    order = order, since = since, join = join, mark = mark, tail = tailOf(record),
  }
end

local function recordText(seat)
  return string.format('%013d%07d', seat.deadline, seat.timeoutMs) .. seat.holder .. '\0' .. seat.order .. ':'
    .. seat.since .. ':' .. seat.join .. ':' .. seat.mark
end

local function joinTimetoken(seat)
  if #seat.join == 4 then return seat.since .. seat.join end
  return seat.join
end

-- Every lease of a seat, in the order their devices came: its holder, its end, what it was renewed or given up for.
local function leasesOf(seat)
  local holder = seat.holder
  if string.byte(holder) ~= 42 then return { { holder = holder, ends = seat.deadline, lasts = seat.timeoutMs } } end
  local leases, at = {}, 2
  while at <= #holder do
    local last = at + 22 + tonumber(string.sub(holder, at + 20, at + 22))
    local isGivenUp = string.byte(holder, at + 23) == 126
    leases[#leases + 1] = {
      holder = string.sub(holder, at + (isGivenUp and 24 or 23), last), isGivenUp = isGivenUp,
      ends = tonumber(string.sub(holder, at, at + 12)), lasts = tonumber(string.sub(holder, at + 13, at + 19)),
    }
    at = last + 1
  end
  return leases
end

-- Those that have not ended.
local function liveLeases(seat)
  local live = {}
  for _, lease in ipairs(leasesOf(seat)) do
    if extended(lease.ends, lease.lasts) > now then live[#live + 1] = lease end
  end
  return live
end

-- Puts leases (at least one) into a seat: its holder and its deadline.
local function setLeases(seat, leases)
  local deadline, parts = 0, { '*' }
  for i, lease in ipairs(leases) do
    deadline = math.max(deadline, lease.ends)
    local holder = (lease.isGivenUp and '~' or '') .. lease.holder
    parts[i + 1] = string.format('%013d%07d%03d', lease.ends, lease.lasts, #holder) .. holder
  end
  seat.deadline = deadline
  local only = leases[1]
  local isPlain = #leases == 1 and not only.isGivenUp and only.lasts == seat.timeoutMs
  seat.holder = isPlain and only.holder or table.concat(parts)
end

-- When the last of a record's leases ends, and whether one that ends then was given up.
local function endOf(record)
  local plain = tonumber(string.sub(record, 1, 13))
  if string.byte(record, 21) ~= 42 then return extended(plain, tonumber(string.sub(record, 14, 20))), false end
  local deadline, isGivenUp = 0, false
  for _, lease in ipairs(leasesOf(readRecord(record))) do
    local ends = extended(lease.ends, lease.lasts)
    if ends > deadline then deadline, isGivenUp = ends, false end
    if ends == deadline and lease.isGivenUp then isGivenUp = true end
  end
  return deadline, isGivenUp
end

-- When a record's seat ends. Without pauses it says so itself.
local function deadlineOf(record)
  if #pauses == 0 then return tonumber(string.sub(record, 1, 13)) end
  local deadline = endOf(record)
  return deadline
end

-- Whether a seat is live, by its record and its name. Without pauses, deadlines compare as the texts they are.
local function isLive(record, name)
  local live = string.sub(record, 1, 13) > nowText
  if not live and #pauses > 0 then live = deadlineOf(record) > now end
  if live then return true end
  showsOver = true
  if string.byte(record, 21) ~= 42 then
    shownOver[#shownOver + 1] = name
    shownOver[#shownOver + 1] = record
  end
  return false
end

-- After showing that seats are over: nothing that is late renews them. Plain seats lose the name by which nodes do. Until
-- when any were shown is remembered for every script, and beside the seats for renew.lua.
local function rememberShown()
  if not showsOver then return end
  for i = 1, #shownOver, 2 do
    local record = shownOver[i + 1]
    setAside(shownOver[i], record, tonumber(string.sub(record, 1, 13)))
  end
  shownOver = {}
  if now <= (shown or 0) then return end
  redis.call('HSET', KEYS[1], 'shown', nowText)
  redis.call('HSET', KEYS[2], '', nowText)
end

local function findLease(leases, holder)
  for i, lease in ipairs(leases) do
    if lease.holder == holder then return lease, i end
  end
end

-- Renews a holder's lease, or makes it one, for `timeoutMs`. What was renewed later than the node says that it is was
-- renewed by others: then it counts as that late, so that nobody's lease becomes shorter by what was long on its way.
-- Where no timeout was `asked` for, it is the seat's, which may be another device's: it makes no lease shorter either.
local function renewLease(seat, holder, asked)
  local timeoutMs = asked or seat.timeoutMs
  local leases = liveLeases(seat)
  local lease = findLease(leases, holder)
  local renewed = lease and lease.ends - lease.lasts or 0
  if not lease then
    if #leases >= devicesMax then
      local nearest = 1
      for i = 2, #leases do
        if leases[i].ends < leases[nearest].ends then nearest = i end
      end
      table.remove(leases, nearest)
    end
    lease = { holder = holder }
    leases[#leases + 1] = lease
  end
  local ends = math.max(now, renewed) + timeoutMs
  if asked or not lease.ends or extended(lease.ends, lease.lasts) <= ends then
    lease.ends, lease.lasts = ends, timeoutMs
  end
  lease.isGivenUp = false
  seat.timeoutMs = timeoutMs
  setLeases(seat, leases)
end

-- Takes a lease away. Answers 'none' when there is none, 'last' when it was the last, else 'some'.
local function endLease(seat, holder)
  local leases = liveLeases(seat)
  local lease, at = findLease(leases, holder)
  if not lease then return 'none' end
  if #leases == 1 then return 'last' end
  table.remove(leases, at)
  setLeases(seat, leases)
  return 'some'
end

-- Lets a lease stand for so long only. Answers 'some', or 'none' when there is none, it ends by then anyway, or others
-- have renewed it since the node gave it up.
local function giveUpLease(seat, holder, graceMs)
  local leases = liveLeases(seat)
  local lease = findLease(leases, holder)
  if not lease or extended(lease.ends, lease.lasts) <= now + graceMs then return 'none' end
  if said < lease.ends - lease.lasts then return 'none' end
  lease.ends, lease.lasts, lease.isGivenUp = now + graceMs, graceMs, true
  setLeases(seat, leases)
  return 'some'
end

-- The channel with the nth five keys.
local function channelAt(n, name)
  local first = 6 + (n - 1) * 5
  return {
    name = name, n = n, order = KEYS[first + 1], states = KEYS[first + 2], count = KEYS[first + 3],
    absences = KEYS[first + 4], visits = KEYS[first + 5],
  }
end

-- When a channel is summed up, or false.
local summings
local function summingOf(channel)
  if not summings then
    summings = {}
    for text in string.gmatch(ARGV[7], '%S+') do
      local announceMax, everyMs = string.match(text, '^(%d+)/(%d+)$')
      summings[#summings + 1] = announceMax
        and { announceMax = tonumber(announceMax), everyMs = tonumber(everyMs) } or false
    end
  end
  return summings[channel.n] or false
end

-- The name of a seat.
local function seatOf(channel, user)
  return channel.name .. '\0' .. user
end

local function nextOrder()
  partition.order = partition.order + 1
  partition.orders = partition.orders + 1
  return partition.order
end

local function occupancyOf(channel)
  if not channel.occupancy then
    channel.occupancy = redis.call('ZCARD', channel.order)
    channel.occupancyBefore = channel.occupancy
  end
  return channel.occupancy
end

local function openChannel(channel)
  if channel.life then return end
  touched[#touched + 1] = channel
  local count = redis.call('HMGET', channel.count, 'revision', 'life', 'tick')
  channel.revision = tonumber(count[1] or '0')
  channel.life = count[2] or string.format('%d', nextOrder())
  channel.epoch = partition.epoch .. '.' .. channel.life
  channel.nameJson = cjson.encode(channel.name)
  channel.tick = count[3] and readTick(count[3])
end

-- Counts a change that has been made, and logs it in the form of src/entry.ts, unless the channel is summed up and
-- nothing else tells of it. `state` is a text or false. Answers which of the entries it is, or false for none.
local function change(sign, channel, user, state, at)
  openChannel(channel)
  channel.revision = channel.revision + 1
  local occupancy = occupancyOf(channel)
  local text = '["' .. sign .. '",' .. channel.nameJson .. ',' .. cjson.encode(user) .. ','
    .. (state and cjson.encode(state) or 'null') .. string.format(',%d,%d,', occupancy, channel.revision)
    .. cjson.encode(channel.epoch) .. string.format(',%d', at)
  changes[#changes + 1] = text .. ']'
  local told = collect(channel, {
    sign = sign, user = user, occupancy = occupancy, revision = channel.revision, epoch = channel.epoch,
  }, summingOf(channel), now)
  if told == 'silent' then return false end
  entries[#entries + 1] = text .. (told == 'told' and ',true]' or ']')
  return #entries
end

-- Ends a seat: 'l' by a leave, or 't' by a timeout. `seat` is its record in parts.
local function endSeat(sign, channel, user, seat, at)
  channel.occupancy = occupancyOf(channel) - 1
  partition.seats = partition.seats - 1
  local name = seatOf(channel, user)
  redis.call('HDEL', KEYS[2], name)
  redis.call('ZREM', channel.order, user)
  redis.call('ZREM', KEYS[3], name .. '\0' .. seat.tail)
  local state = redis.call('HGET', channel.states, user)
  if state then redis.call('HDEL', channel.states, user) end
  ended[#ended + 1] = channel.name
  ended[#ended + 1] = user
  ended[#ended + 1] = seat.mark
  change(sign, channel, user, state, at)
end

-- A user's record in a channel, or false. A seat that is overdue is ended first, and then there is none.
local function liveRecord(channel, user)
  local record = readSeat(seatOf(channel, user))
  if not record then return false end
  local deadline = deadlineOf(record)
  if deadline > now then return record end
  local _, isGivenUp = endOf(record)
  endSeat(isGivenUp and 'l' or 't', channel, user, readRecord(record), deadline)
  return false
end

-- Remembers what to tell the node of: when the earliest of its new deadlines is.
local function noteDeadline(deadline)
  if not leastDeadline or deadline < leastDeadline then leastDeadline = deadline end
end

-- Enters the deadline of a seat that is new, or has another name in `deadlines` than before.
local function enterDeadline(name, tail, deadline)
  redis.call('ZADD', KEYS[3], instantText(deadline), name .. '\0' .. tail)
end

-- Writes a seat that was live until `before`.
local function writeSeat(channel, user, seat, before)
  local name, record = seatOf(channel, user), recordText(seat)
  local tail = tailOf(record)
  redis.call('HSET', KEYS[2], name, record)
  if tail ~= seat.tail then redis.call('ZREM', KEYS[3], name .. '\0' .. seat.tail) end
  if tail ~= '*' or tail ~= seat.tail then
    enterDeadline(name, tail, seat.deadline)
  elseif seat.deadline < before then
    redis.call('ZADD', KEYS[3], 'LT', instantText(seat.deadline), name .. '\0*')
  end
  if seat.deadline < before then noteDeadline(seat.deadline) end
end

local function replaceState(channel, user, state)
  local former = redis.call('HGET', channel.states, user)
  if former == state then return end
  if state then redis.call('HSET', channel.states, user, state) else redis.call('HDEL', channel.states, user) end
  change('s', channel, user, state, now)
end

-- What is remembered of a user without a seat: end of its state, end of its debounce, its state unless it has ended.
local function readAbsence(channel, user)
  local absence = redis.call('HGET', channel.absences, user)
  if not absence then return 0, 0, false, false end
  local stateEnds, debounceEnds = tonumber(string.sub(absence, 1, 13)), tonumber(string.sub(absence, 14, 26))
  return stateEnds, debounceEnds, stateEnds > now and string.sub(absence, 27), true
end

-- Remembers something of a user without a seat, and forgets what has ended of a few others.
local function writeAbsence(channel, user, stateEnds, debounceEnds, state)
  openChannel(channel)
  local key = channel.absences
  redis.call('HSET', key, user, instantText(stateEnds) .. instantText(debounceEnds) .. (state or ''))
  channel.rememberMs = math.max(stateEnds, debounceEnds) - now + slackMs
  if redis.call('PTTL', key) < channel.rememberMs then redis.call('PEXPIRE', key, channel.rememberMs) end
  local size = redis.call('HLEN', key)
  if size <= 64 then return end
  local sample = redis.call('HRANDFIELD', key, absencesSampled, 'WITHVALUES')
  for i = 1, #sample, 2 do
    local value = sample[i + 1]
    local isOver = string.sub(value, 1, 13) <= nowText and string.sub(value, 14, 26) <= nowText
    if isOver or (i == 1 and size > absencesMax and sample[i] ~= user) then redis.call('HDEL', key, sample[i]) end
  end
end

-- Redis keeps hashes of up to 512 small values, and sorted sets of up to 128, as lists, which renewals would search from
-- their beginning for each seat. One long value turns each into a table for good.
local function spread(seats)
  if seats < spreadFrom or seats - partition.seats >= spreadFrom then return end
  local long = string.rep(' ', 65)
  redis.call('HSET', KEYS[2], 'long', long)
  redis.call('HDEL', KEYS[2], 'long')
  redis.call('ZADD', KEYS[3], 0, long)
  redis.call('ZREM', KEYS[3], long)
end

-- Writes how a channel is summed up from here on.
local function writeTick(channel)
  if not channel.tick then return end
  if channel.tick.isOver then
    redis.call('HDEL', channel.count, 'tick')
    redis.call('ZREM', KEYS[6], channel.name)
    return
  end
  redis.call('HSET', channel.count, 'tick', tickText(channel.tick))
  if channel.due then redis.call('ZADD', KEYS[6], instantText(channel.due), channel.name) end
end

-- For how long the count of a channel without seats is kept: what is left to sum up is told, too.
local function countKeptMs(channel)
  local tick = channel.tick
  local untilTick = tick and tick.since + tick.everyMs - now + slackMs or 0
  return math.max(forgetMs, channel.rememberMs or 0, untilTick)
end

-- Writes what the script has come to: new seats, counts, the log. Answers the least new deadline,
-- the changes, the ended seats, and the newest entry's timetoken.
local function closePartition()
  local timetokens = {}
  if #entries > 0 then
    local log = {
      meta = KEYS[1], stream = KEYS[4], place = ARGV[4], entriesMax = ARGV[5], retentionMs = tonumber(ARGV[6]),
    }
    timetokens = appendEntries(log, entries, now)
  end
  for i = 1, #newRecords do
    local new = newRecords[i]
    local timetoken = timetokens[new.entry]
    local isShort = timetoken and string.sub(timetoken, 1, 13) == nowText
    new.seat.join = isShort and string.sub(timetoken, 14) or timetoken or '0'
    redis.call('HSET', KEYS[2], seatOf(new.channel, new.user), recordText(new.seat))
  end
  for i = 1, #touched do
    local channel = touched[i]
    redis.call('HSET', channel.count, 'revision', channel.revision, 'life', channel.life)
    writeTick(channel)
    local occupancy = occupancyOf(channel)
    if occupancy == 0 then
      redis.call('PEXPIRE', channel.count, countKeptMs(channel))
      redis.call('ZREM', KEYS[5], channel.name)
    elseif occupancy ~= channel.occupancyBefore then
      if channel.occupancyBefore == 0 then redis.call('PERSIST', channel.count) end
      redis.call('ZADD', KEYS[5], occupancy, channel.name)
    end
  end
  if partition.orders > 0 then redis.call('HSET', KEYS[1], 'order', string.format('%d', partition.order)) end
  if partition.seats ~= 0 then spread(redis.call('HINCRBY', KEYS[1], 'seats', partition.seats)) end
  return leastDeadline or false, changes, ended, timetokens[#timetokens] or false
end
