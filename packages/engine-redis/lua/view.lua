-- One page of a channel: occupants in the order of their seats, and the occupancy.
--
-- KEYS   1 meta   2 seats   3 deadlines   4 order   5 states   6 revision
-- ARGV   1-3 see seats.lua   4 the channel's name   5 how many of its seats are overdue, '' to find out, '-' when it does
--        not matter   6 epoch, 7 revision and 8 occupancy that the caller knows; '' for nothing known
--        9 epoch of the place that the page begins after, '' for this one   10 its order   11 live seats to pass over
--        12 live seats to tell
-- Answer { occupancy, or -1 when there are too many bounds to check: count.lua counts, epoch, revision,
--        'same' as known or 'page', seats told (user, since, devices, state or false each), order of the last,
--        then when the work was cut: '-', seats still to pass over, order to go on after; else whether there is a
--        seat more, '1' or '0' }
-- Work   at most 500 bounds of deadlines, 1600 seats, and a megabyte of states and one state more.

local checkedMax, seatsMax, chunk, bytesMax = 500, 1000, 100, 1048576

local prefix = ARGV[4] .. '\0'
local count = redis.call('HMGET', KEYS[6], 'revision', 'life')
local epoch = count[2] and (partition.epoch .. '.' .. count[2]) or ''
local revision = tonumber(count[1] or '0')
local size = redis.call('ZCARD', KEYS[4])

local function recordsOf(users)
  local names = {}
  for i = 1, #users do names[i] = prefix .. users[i] end
  return readSeats(names)
end

-- Seats that may be overdue: those of this channel whose bound has come, or all of a small channel; false when there is
-- too much to look at.
local function findDoubtful()
  local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', nowText, 'LIMIT', 0, checkedMax)
  local users = {}
  for i = 1, #due do
    if string.sub(due[i], 1, #prefix) == prefix then
      local stop = string.find(due[i], '\0', #prefix + 1, true)
      users[#users + 1] = string.sub(due[i], #prefix + 1, stop - 1)
    end
  end
  if #due < checkedMax then return users end
  return size <= checkedMax and redis.call('ZRANGE', KEYS[4], 0, -1)
end

-- Users whose seats are overdue; false when there is too much to look at.
local function findOverdue()
  local users = findDoubtful()
  if not users or #users == 0 then return users end
  local records, found = recordsOf(users), {}
  for i = 1, #users do
    if records[i] and not isLive(records[i], prefix .. users[i]) then found[#found + 1] = users[i] end
  end
  return found
end

local overdue, occupancy = {}, 0
if ARGV[5] == '' and size > 0 then
  overdue = findOverdue()
  if not overdue then return { -1, epoch, revision } end
  occupancy = size - #overdue
elseif ARGV[5] ~= '-' then
  occupancy = math.max(0, size - tonumber(ARGV[5] == '' and '0' or ARGV[5]))
end

rememberShown()
if ARGV[8] ~= '' and epoch == ARGV[6] and revision == tonumber(ARGV[7]) and occupancy == tonumber(ARGV[8]) then
  return { occupancy, epoch, revision, 'same' }
end

local skip, limit = tonumber(ARGV[11]), tonumber(ARGV[12])
local rank = 0
if ARGV[9] == '' or ARGV[9] == epoch then rank = redis.call('ZCOUNT', KEYS[4], '-inf', ARGV[10]) end

-- Passing over live seats is a jump where it is known which are overdue.
if skip > 0 and ARGV[5] == '' then
  local ranks = {}
  for i = 1, #overdue do
    local at = redis.call('ZRANK', KEYS[4], overdue[i])
    if at and at >= rank then ranks[#ranks + 1] = at end
  end
  table.sort(ranks)
  rank = rank + skip
  for i = 1, #ranks do
    if ranks[i] <= rank then rank = rank + 1 end
  end
  skip = 0
end

local told, last, isCut, bytes, looked, scanned = {}, false, false, 0, 0, false
local hasStates = redis.call('EXISTS', KEYS[5]) == 1

local function devicesOf(record)
  if string.byte(record, 21) ~= 42 then return '1' end
  return tostring(#liveLeases(readRecord(record)))
end

local function tell(user, record, since)
  local state = hasStates and redis.call('HGET', KEYS[5], user)
  local at = #told
  told[at + 1], told[at + 2], told[at + 3], told[at + 4] = user, since, devicesOf(record), state
  if state then bytes = bytes + #state end
end

-- Tells of some more seats. Answers whether to go on.
local function look()
  local users = redis.call('ZRANGE', KEYS[4], rank, rank + math.min(chunk, limit + skip + 1) - 1)
  if #users == 0 then return false end
  local records = recordsOf(users)
  for i = 1, #users do
    local record = records[i]
    if record then
      local order, since = string.match(record, '^(%d+):(%d+)', string.find(record, '\0', 21, true) + 1)
      scanned = order
      if not isLive(record, prefix .. users[i]) then
        -- Passed over, whoever is asked to be told.
      elseif skip > 0 then
        skip = skip - 1
      elseif limit == 0 then
        isCut = true
        return false
      else
        tell(users[i], record, since)
        last = order
        limit = limit - 1
      end
    end
    if bytes > bytesMax then return true end
  end
  rank = rank + #users
  looked = looked + #users
  return true
end

local isWanted = limit > 0 or ARGV[5] == '-'
while isWanted and looked < seatsMax and bytes <= bytesMax do isWanted = look() end
rememberShown()
if isWanted then return { occupancy, epoch, revision, 'page', told, last, '-', skip, scanned } end
return { occupancy, epoch, revision, 'page', told, last, isCut and '1' or '0' }
