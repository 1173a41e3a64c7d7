-- Adds channels to a group, then removes channels, in one step, and tells the nodes.
-- KEYS: 1 hash: group -> how often it changed, 2 the group: channels by order, 3 hash: version of all groups,
--       4 sharded channel of news
-- ARGV: 1 channels a group may hold, 2 groups a keyset may have, 3 the group, 4 dice, 5 how many channels are added,
--       6... those, then those to be removed; without duplicates
-- Answers { 1 when it is so now, else 0; the version; the version before }. Work: proportional to the arguments.
local names, members, versions, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group, addCount = ARGV[3], tonumber(ARGV[5])
local before = redis.call('HGET', versions, 'all') or ''
local removed, removals = {}, {}
for i = 6 + addCount, #ARGV do
  removed[ARGV[i]] = true
  if redis.call('ZSCORE', members, ARGV[i]) then removals[#removals + 1] = ARGV[i] end
end
local additions = {}
for i = 6, 5 + addCount do
  if not removed[ARGV[i]] and not redis.call('ZSCORE', members, ARGV[i]) then additions[#additions + 1] = ARGV[i] end
end
local size = redis.call('ZCARD', members)
if #additions > 0 then
  if size + #additions - #removals > tonumber(ARGV[1]) then return { 0, before, before } end
  if size == 0 and redis.call('HLEN', names) >= tonumber(ARGV[2]) then return { 0, before, before } end
end
if #additions == 0 and #removals == 0 then return { 1, before, before } end
local newest = redis.call('ZREVRANGE', members, 0, 0, 'WITHSCORES')
local order = tonumber(newest[2] or '0')
for i, channel in ipairs(additions) do redis.call('ZADD', members, string.format('%d', order + i), channel) end
for _, channel in ipairs(removals) do redis.call('ZREM', members, channel) end
local count = redis.call('HINCRBY', versions, 'count', 1)
local version = string.format('%d', count) .. '.' .. ARGV[4]
redis.call('HSET', versions, 'all', version)
if redis.call('EXISTS', members) == 1 then
  redis.call('HSET', names, group, version)
else
  redis.call('HDEL', names, group)
end
redis.call('SPUBLISH', news, cjson.encode({ before, version, group }))
return { 1, version, before }
