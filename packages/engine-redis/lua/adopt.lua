-- Looks whether a partition is still in the life of its server that it was in, and takes it over into the present one
-- if not: what was written shortly before may be lost (a replica that became master, a restart from disk), so the
-- partition gets a new epoch, and its channels are to be told to be read again, a batch at a time, by refresh.lua.
--
-- KEYS   1 meta   2 occupied
-- ARGV   1 dice for a new epoch   2 the timetoken that new entries must be above   3 channels to tell
-- Answer { the server's life, 1 when this call took the partition over or 0, where the batch begins or '' when all
--        batches are done, where the next one begins or '' for nowhere, the batch's channels }
-- Work   one batch of channels: those asked for, or the few more that a scan brings.

local life = serverLife()
local known = redis.call('HMGET', KEYS[1], 'life', 'last', 'adopting')
local adopting, isNew = known[3], 0
if not known[1] then
  openEpoch(KEYS[1], ARGV[1])
elseif known[1] ~= life then
  isNew, adopting = 1, 'first'
  local last = known[2]
  if not last or last < ARGV[2] then last = ARGV[2] end
  redis.call('HSET', KEYS[1], 'life', life, 'epoch', ARGV[1], 'last', last, 'adopting', adopting)
end
if not adopting then return { life, isNew, '', '', {} } end

local scan = redis.call('ZSCAN', KEYS[2], adopting == 'first' and '0' or adopting, 'COUNT', ARGV[3])
local channels = {}
for i = 1, #scan[2], 2 do channels[#channels + 1] = scan[2][i] end
return { life, isNew, adopting, scan[1] == '0' and '' or scan[1], channels }
