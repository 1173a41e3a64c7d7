-- Tells channels of one partition to be read again: a batch that adopt.lua gave out. Each batch is told once.
--
-- KEYS   1 meta   2 log   3 occupied, then one per channel: revision
-- ARGV   1 now   2 place (see readPlace)   3 entriesMax   4 retentionMs   5 where the batch begins   6 where the next one
--        begins, or '' for nowhere, then the channels
-- Answer { 1, the tip } when the batch was told, or { 0, '' } when another node has told it
-- Work   constant per channel; as many channels as adopt.lua gave out.

local now = tonumber(ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'adopting', 'epoch')
if known[1] ~= ARGV[5] then return { 0, '' } end

local entries = {}
for i = 7, #ARGV do
  local channel = ARGV[i]
  local occupancy = tonumber(redis.call('ZSCORE', KEYS[3], channel) or '0')
  local count = redis.call('HMGET', KEYS[i - 3], 'revision', 'life')
  if occupancy > 0 and count[2] then
    entries[#entries + 1] = string.format('["i",%s,%d,%s,%d,%d,null,null,null,true]', cjson.encode(channel), occupancy,
      cjson.encode(known[2] .. '.' .. count[2]), tonumber(count[1] or '0'), now)
  end
end
local log = {
  meta = KEYS[1], stream = KEYS[2], place = ARGV[2], entriesMax = ARGV[3], retentionMs = tonumber(ARGV[4]),
}
local timetokens, tip = appendEntries(log, entries, now)
if ARGV[6] == '' then
  redis.call('HDEL', KEYS[1], 'adopting')
else
  redis.call('HSET', KEYS[1], 'adopting', ARGV[6])
end
return { 1, timetokens[#timetokens] or tip }
