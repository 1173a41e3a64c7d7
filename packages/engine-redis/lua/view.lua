-- One page of a channel: occupants in the order of their seats, and the occupancy.
--
-- KEYS   1 meta   2 seats   3 order   4 deadlines   5 states   6 revision
-- ARGV   1-3 see seats.lua   4 how many seats are overdue, '' to count them, '-' when it does not matter
--        5 epoch, 6 revision and 7 occupancy that the caller knows; '' for nothing known
--        8 epoch of the place that the page begins after, '' for this one   9 its order   10 live seats to pass over
--        11 live seats to tell
-- Answer { occupancy, or -1 when there are too many bounds to check: settle.lua counts, epoch, revision,
--        'same' as known or 'page', seats told (user, since, devices, state or false each), order of the last,
--        then when the work was cut: '-', seats still to pass over, order to go on after; else whether there is a
--        seat more, '1' or '0' }
-- Work   at most 500 bounds of deadlines, 1100 seats, and a megabyte of states and one state more.

local boundsMax, seatsMax, chunk, bytesMax = 500, 1000, 100, 1048576

local count = redis.call('HMGET', KEYS[6], 'revision', 'life')
local epoch = count[2] and (partition.epoch .. '.' .. count[2]) or ''
local revision = tonumber(count[1] or '0')

-- Users whose seats are overdue; false when there were more bounds to check than may be. Corrects bounds.
local function findOverdue()
  local users = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', nowText, 'LIMIT', 0, boundsMax)
  if #users == 0 then return users end
  local records, moved, found = redis.call('HMGET', KEYS[2], unpack(users)), {}, {}
  for i = 1, #users do
    local deadline = records[i] and deadlineOf(records[i])
    if deadline and deadline > now then
      moved[#moved + 1] = instantText(deadline)
      moved[#moved + 1] = users[i]
    elseif deadline then
      found[#found + 1] = users[i]
    end
  end
  if #moved > 0 then redis.call('ZADD', KEYS[4], unpack(moved)) end
  return #users < boundsMax and found
end

local overdue, occupancy = {}, 0
if ARGV[4] == '' then
  overdue = findOverdue()
  if not overdue then return { -1, epoch, revision } end
  occupancy = redis.call('HLEN', KEYS[2]) - #overdue
elseif ARGV[4] ~= '-' then
  overdue = false
  occupancy = math.max(0, redis.call('HLEN', KEYS[2]) - tonumber(ARGV[4]))
end

if ARGV[7] ~= '' and epoch == ARGV[5] and revision == tonumber(ARGV[6]) and occupancy == tonumber(ARGV[7]) then
  return { occupancy, epoch, revision, 'same' }
end

local skip, limit = tonumber(ARGV[10]), tonumber(ARGV[11])
local rank = 0
if ARGV[8] == '' or ARGV[8] == epoch then rank = redis.call('ZCOUNT', KEYS[3], '-inf', ARGV[9]) end

-- Passing over live seats is a jump where it is known which are overdue.
if skip > 0 and ARGV[4] == '' then
  local ranks = {}
  for i = 1, #overdue do
    local at = redis.call('ZRANK', KEYS[3], overdue[i])
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

local function tell(user, record, state)
  local seat = readRecord(record)
  told[#told + 1] = user
  told[#told + 1] = seat.since
  told[#told + 1] = tostring(#liveLeases(seat))
  told[#told + 1] = state
  last = seat.order
  if state then bytes = bytes + #state end
end

-- Tells of some more seats. Answers whether to go on.
local function look()
  local users = redis.call('ZRANGE', KEYS[3], rank, rank + math.min(chunk, limit + skip + 1) - 1)
  if #users == 0 then return false end
  local records = redis.call('HMGET', KEYS[2], unpack(users))
  for i = 1, #users do
    if records[i] and deadlineOf(records[i]) > now then
      if skip > 0 then
        skip = skip - 1
      elseif limit == 0 then
        isCut = true
        return false
      else
        tell(users[i], records[i], hasStates and redis.call('HGET', KEYS[5], users[i]))
        limit = limit - 1
      end
    end
    if records[i] then scanned = string.match(records[i], '^(%d+):', string.find(records[i], '\0', 21, true) + 1) end
    if bytes > bytesMax then return true end
  end
  rank = rank + #users
  looked = looked + #users
  return true
end

local isWanted = limit > 0 or ARGV[4] == '-'
while isWanted and looked < seatsMax and bytes <= bytesMax do isWanted = look() end
if isWanted then return { occupancy, epoch, revision, 'page', told, last, '-', skip, scanned } end
return { occupancy, epoch, revision, 'page', told, last, isCut and '1' or '0' }
