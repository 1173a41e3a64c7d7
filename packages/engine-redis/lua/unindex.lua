-- Takes channels out of users' indexes, where they have the mark they are known by.
--
-- KEYS   one per entry: the user's index
-- ARGV   two per entry: channel, mark
-- Answer how many were taken out
-- Work   constant per entry; at most 200 entries.

local gone = 0
for i = 1, #KEYS do
  local score = redis.call('ZSCORE', KEYS[i], ARGV[i * 2 - 1])
  if score and string.format('%.0f', tonumber(score)) == ARGV[i * 2] then
    gone = gone + redis.call('ZREM', KEYS[i], ARGV[i * 2 - 1])
  end
end
return gone
