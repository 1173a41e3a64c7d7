-- Sums channels of one partition up that are due, each once: whoever comes second finds it due later, or not at all.
--
-- KEYS   see seats.lua
-- ARGV   1-7 see seats.lua, then channels' names
-- Answer { false, no changes, no ended seats, newest entry, the notices (see src/entry.ts), when the first of the partition
--        is due from here on or false }
-- Work   per channel up to 7,500 users (the names that fit into a summary) and 60 kB of states; at most 8 channels.

local stateBytesMax, statesAtOnce = 30000, 50

-- How long a text is where characters are counted as JavaScript does.
local function unitsOf(text)
  local _, following = string.gsub(text, '[\128-\191]', '')
  local _, wide = string.gsub(text, '[\240-\247]', '')
  return #text - following + wide
end

-- Who came and went, in the order of their first; false when that is not known any more.
local function readVisits(channel, tick)
  if tick.bytes > summaryBytesMax then return false end
  local found = redis.call('HGETALL', channel.visits)
  if #found ~= tick.users * 2 then return false end
  local visits = {}
  for i = 1, #found, 2 do
    local place, lists = string.match(found[i + 1], '^(%d+) (%l*)$')
    visits[tonumber(place) + 1] = { user = found[i], lists = lists }
  end
  return visits
end

local function usersIn(visits, sign)
  local users = {}
  for _, visit in ipairs(visits) do
    if string.find(visit.lists, sign, 1, true) then users[#users + 1] = cjson.encode(visit.user) end
  end
  return '[' .. table.concat(users, ',') .. ']'
end

-- Those of the users who sit there now, each with its state; false when their states are too long to tell.
local function hereNow(channel, visits)
  local users, parts, units = {}, {}, 0
  for _, visit in ipairs(visits) do
    if string.find(visit.lists, 'h', 1, true) then users[#users + 1] = visit.user end
  end
  for from = 1, #users, statesAtOnce do
    local to = math.min(#users, from + statesAtOnce - 1)
    local states = redis.call('HMGET', channel.states, unpack(users, from, to))
    for i = from, to do
      local state = states[i - from + 1]
      units = units + (state and unitsOf(state) or 0)
      parts[i] = cjson.encode(users[i]) .. ',' .. (state and cjson.encode(state) or 'null')
    end
    if units > stateBytesMax then return false end
  end
  return '[' .. table.concat(parts, ',') .. ']'
end

local function noticeOf(channel, tick)
  local head = string.format('["i",%s,%d,%s,%d,%d,', channel.nameJson, occupancyOf(channel),
    cjson.encode(channel.epoch), channel.revision, now)
  local visits = readVisits(channel, tick)
  if not visits then return head .. 'null,null,null,true]' end
  local lists = usersIn(visits, 'j') .. ',' .. usersIn(visits, 'l') .. ',' .. usersIn(visits, 't') .. ',false'
  local here = hereNow(channel, visits)
  if not here then return head .. lists .. ']' end
  return head .. lists .. string.format(',%d,', tick.from) .. here .. ']'
end

-- By the channel's own clock, not by when somebody looked: what was missed meanwhile is in this summary.
local function wind(channel, tick, due, everyMs)
  tick.everyMs = everyMs
  tick.since = due + math.floor((now - due) / everyMs) * everyMs
  channel.due = tick.since + everyMs
end

local function sumUp(channel, due)
  openChannel(channel)
  local tick, summing = channel.tick, summingOf(channel)
  if tick.epoch ~= channel.epoch then
    beginSummary(channel, tick, channel.revision, channel.epoch)
  elseif tick.to ~= channel.revision then
    tellTooMuch(channel, tick)
  end
  entries[#entries + 1] = noticeOf(channel, tick)
  beginSummary(channel, tick, channel.revision, channel.epoch)
  tick.isOver = not summing or occupancyOf(channel) <= summing.announceMax
  if not tick.isOver then wind(channel, tick, due, summing.everyMs) end
end

for n = 1, #ARGV - 7 do
  local channel = channelAt(n, ARGV[7 + n])
  local due = tonumber(redis.call('ZSCORE', KEYS[6], channel.name) or nil)
  if due and due <= now then
    if redis.call('HEXISTS', channel.count, 'tick') == 1 then
      sumUp(channel, due)
    else
      redis.call('ZREM', KEYS[6], channel.name)
    end
  end
end

local least, none, gone, tip = closePartition()
return { least, none, gone, tip, entries, redis.call('ZRANGE', KEYS[6], 0, 0, 'WITHSCORES')[2] or false }
