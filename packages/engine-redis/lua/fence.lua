-- Fences a partition's log and reads on in it: afterwards no entry can appear at or below `last`, ever.
--
-- KEYS   1 meta   2 log
-- ARGV   1 the timetoken to fence at least at   2 read what is after this timetoken   3 dice for a new epoch
--        4 entries to read at most
-- Answer { epoch, last, 1 when everything up to `last` was read or 0, then a timetoken and an entry each }
-- Work   reads the entries asked for, in chunks, until they hold a megabyte.

local wanted, after, entriesMax = ARGV[1], ARGV[2], tonumber(ARGV[4])
local known = redis.call('HMGET', KEYS[1], 'epoch', 'last', 'tip')
local epoch, last, tip = known[1], known[2], known[3]
if not last or last < wanted then
  last = wanted
  redis.call('HSET', KEYS[1], 'last', last)
end
if not epoch then
  epoch = openEpoch(KEYS[1], ARGV[3])
end

local chunk, bytesMax = 100, 1048576
local answer, bytes, read = { epoch, last, 1 }, 0, 0
if not tip or tip <= after then return answer end

local from = '(' .. streamId(after)
while true do
  local found = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', chunk)
  for i = 1, #found do
    local id, entry = found[i][1], found[i][2][2]
    answer[#answer + 1] = timetokenOfId(id)
    answer[#answer + 1] = entry
    bytes = bytes + #entry
    from = '(' .. id
  end
  read = read + #found
  if #found < chunk then return answer end
  if bytes > bytesMax or read >= entriesMax then
    answer[3] = 0
    return answer
  end
end
