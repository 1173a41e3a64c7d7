-- Collects the changes of channels that are summed up; between common.lua and seats.lua. core/src/ticks says what is meant.
--
-- What a channel's summary has come to is in the field `tick` of its revision hash, six numbers and a text:
--   since when (summed up last, or begun)   everyMs   the revision before its first change   its last change's
--   bytes of names as JSON (above summaryBytesMax: too long to tell)   how many users it has   the epoch it counts in
-- The users are in the channel's hash `visits`: which comes when, a space, and of the letters j, l and t those of the lists
-- that it is in, and `h` when it sits there now. The sorted set `ticks` has when each channel is summed up next.

local summaryBytesMax = 30000
-- What nobody asks for any more goes by itself after this and two intervals.
local visitsKeptMs = 2400000

local function readTick(text)
  local since, every, from, to, bytes, users, epoch = string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+)$')
  return {
    since = tonumber(since), everyMs = tonumber(every), from = tonumber(from), to = tonumber(to),
    bytes = tonumber(bytes), users = tonumber(users), epoch = epoch,
  }
end

local function tickText(tick)
  return string.format('%d %d %d %d %d %d ', tick.since, tick.everyMs, tick.from, tick.to, tick.bytes, tick.users)
    .. tick.epoch
end

-- Begins a summary after a revision. What was collected before is forgotten.
local function beginSummary(channel, tick, revision, epoch)
  if tick.users ~= 0 then redis.call('DEL', channel.visits) end
  tick.from, tick.to, tick.bytes, tick.users, tick.epoch = revision, revision, 0, 0, epoch
end

local function tellTooMuch(channel, tick)
  tick.bytes, tick.users = summaryBytesMax + 1, 0
  redis.call('DEL', channel.visits)
end

-- Bytes of a name as JSON.stringify writes it: cjson escapes two more.
local function jsonBytes(name)
  local _, slashes = string.gsub(name, '/', '')
  local _, deletes = string.gsub(name, '\127', '')
  return #cjson.encode(name) - slashes - deletes * 5
end

local function comeOrGo(channel, tick, sign, user)
  local visit = redis.call('HGET', channel.visits, user)
  local place, lists = string.match(visit or '', '^(%d+) (%l*)$')
  if not place then
    place, lists = string.format('%d', tick.users), ''
    tick.users = tick.users + 1
  end
  lists = string.gsub(lists, 'h', '')
  if not string.find(lists, sign, 1, true) then
    lists = lists .. sign
    tick.bytes = tick.bytes + jsonBytes(user) + 1
  end
  if tick.bytes > summaryBytesMax then return tellTooMuch(channel, tick) end
  redis.call('HSET', channel.visits, user, place .. ' ' .. lists .. (sign == 'j' and 'h' or ''))
  if tick.users == 1 and not visit then
    redis.call('PEXPIRE', channel.visits, tick.everyMs * 2 + visitsKeptMs)
  end
end

-- Takes a change in that has been counted, where its channel is summed up or is to be from now on; `summing` is what is
-- in force there, or false. Answers 'plain', 'told' where the change is to be logged all the same, or 'silent'.
local function collect(channel, change, summing, now)
  local sign, revision, epoch = change.sign, change.revision, change.epoch
  local isSilent = summing and sign ~= 's' and change.occupancy > summing.announceMax
  local tick = channel.tick
  if not tick and not isSilent then return 'plain' end
  if not tick then
    tick = { since = now, everyMs = summing.everyMs }
    channel.tick, channel.due = tick, now + summing.everyMs
    beginSummary(channel, tick, revision - 1, epoch)
  elseif tick.epoch ~= epoch then
    beginSummary(channel, tick, revision - 1, epoch)
  elseif tick.to ~= revision - 1 then
    -- A node of a version without summaries was here.
    tellTooMuch(channel, tick)
  end
  if summing and summing.everyMs ~= tick.everyMs then
    -- Another interval is in force at once, but what is due stays due.
    local due = channel.due or tonumber(redis.call('ZSCORE', KEYS[6], channel.name) or nil)
    if not due or due > now then channel.due = math.max(tick.since + summing.everyMs, now + 1) end
    tick.everyMs = summing.everyMs
    redis.call('PEXPIRE', channel.visits, tick.everyMs * 2 + visitsKeptMs)
  end
  tick.to = revision
  if sign ~= 's' and tick.bytes <= summaryBytesMax then comeOrGo(channel, tick, sign, change.user) end
  return isSilent and 'silent' or 'told'
end
