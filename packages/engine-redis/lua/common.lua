-- What every script begins with: timetokens, a partition's meta, and its log. Takes no keys by itself.
--
-- A timetoken is 17 digits, too many for Lua's numbers: 13 for the millisecond, 4 for a count within it. Two of them
-- compare as texts. The id of its entry in a stream is `millisecond-count`.

local function timetokenText(ms, seq)
  return string.format('%013d%04d', ms, seq)
end

local function splitTimetoken(text)
  return tonumber(string.sub(text, 1, -5)), tonumber(string.sub(text, -4))
end

local function streamId(text)
  local ms, seq = splitTimetoken(text)
  return string.format('%d-%d', ms, seq)
end

-- The timetoken of a stream's id.
local function timetokenOfId(id)
  local dash = string.find(id, '-', 1, true)
  return timetokenText(tonumber(string.sub(id, 1, dash - 1)), tonumber(string.sub(id, dash + 1)))
end

-- The first timetoken at or after `now` (whole milliseconds) that is above `last` (a timetoken, or false for none).
local function timetokenAbove(now, last)
  if not last then return timetokenText(now, 0) end
  local ms, seq = splitTimetoken(last)
  if now > ms then return timetokenText(now, 0) end
  if seq < 9999 then return timetokenText(ms, seq + 1) end
  return timetokenText(ms + 1, 0)
end

-- The life of the server that the script runs on: new with each start, and another one on a replica that took over.
local function serverLife()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- The partition's epoch; `dice` becomes it when the partition has none: it is new, or Redis lost it. With it goes the
-- life it began in (see adopt.lua).
local function openEpoch(metaKey, dice)
  local epoch = redis.call('HGET', metaKey, 'epoch')
  if epoch then return epoch end
  redis.call('HSET', metaKey, 'epoch', dice, 'life', serverLife())
  return dice
end

-- News up to so many bytes carry their entries; larger ones only say where there are some.
local newsBytesMax = 65536

-- The next timetoken of a partition's log: above `last`, above all its node has asked for before, and one that no other
-- partition of the keyset gives out. So a timetoken stands for one entry, and what one node writes to several
-- partitions is in the order it was written in.
local function nextTimetoken(place, now, last)
  if not last or last < place.after then last = place.after end
  local ms, seq = splitTimetoken(timetokenAbove(now, last))
  seq = seq + (place.index - seq) % place.partitions
  if seq > 9999 then ms, seq = ms + 1, place.index end
  return timetokenText(ms, seq)
end

-- The place of entries to be written, as `LogClock.place` in src/log/clock.ts writes it:
-- "<timetoken> <partition> <partitions> <news channel>".
local function readPlace(text)
  local after, index, partitions, news = string.match(text, '^(%d+) (%d+) (%d+) (.+)$')
  return { after = after, index = tonumber(index), partitions = tonumber(partitions), news = news }
end

-- Appends entries (JSON texts) to a partition's log in one step: each gets a timetoken above all before, `last` and
-- `tip` are the newest one's, and the partition's readers are told once. Answers the timetokens and the tip before.
-- `log` = { meta = key, stream = key, place = text (see readPlace), entriesMax = number, retentionMs = number }
-- News are JSON: { "prev": the tip before ("0" for none), "entries": [[timetoken, entry], ...] }, or, when that is too
-- long, { "prev": ..., "to": the newest timetoken }.
local function appendEntries(log, entries, now)
  local timetokens = {}
  local known = redis.call('HMGET', log.meta, 'last', 'tip')
  local last, tip = known[1], known[2] or '0'
  if #entries == 0 then return timetokens, tip end
  local place = readPlace(log.place)
  local parts, bytes = {}, 0
  for i, entry in ipairs(entries) do
    last = nextTimetoken(place, now, last)
    redis.call('XADD', log.stream, 'MAXLEN', '~', log.entriesMax, streamId(last), 'e', entry)
    timetokens[i] = last
    parts[i] = '["' .. last .. '",' .. entry .. ']'
    bytes = bytes + #parts[i]
  end
  redis.call('XTRIM', log.stream, 'MINID', '~', string.format('%d', math.max(0, now - log.retentionMs)))
  redis.call('HSET', log.meta, 'last', last, 'tip', last)
  local news
  if bytes > newsBytesMax then
    news = '{"prev":"' .. tip .. '","to":"' .. last .. '"}'
  else
    news = '{"prev":"' .. tip .. '","entries":[' .. table.concat(parts, ',') .. ']}'
  end
  redis.call('SPUBLISH', place.news, news)
  return timetokens, tip
end
