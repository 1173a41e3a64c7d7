-- Deletes a group, and tells the nodes.
-- KEYS: 1 hash: group -> how often it changed, 2 the group: channels by order, 3 hash: version of all groups,
--       4 sharded channel of news
-- ARGV: 1 the group, 2 dice
-- Answers { the version; the version before }. Work: constant; the channels are freed later.
local before = redis.call('HGET', KEYS[3], 'all') or ''
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('UNLINK', KEYS[2]) == 0 then return { before, before } end
local count = redis.call('HINCRBY', KEYS[3], 'count', 1)
local version = string.format('%d', count) .. '.' .. ARGV[2]
redis.call('HSET', KEYS[3], 'all', version)
redis.call('SPUBLISH', KEYS[4], cjson.encode({ before, version, ARGV[1] }))
return { version, before }
