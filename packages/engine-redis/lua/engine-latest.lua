-- Notes how far the engine's time has come, by how much it is ahead of the nodes' clocks, and that a node is there.
-- KEYS: 1 the engine's hash, 2 hash: nodes that are open -> when they were last heard of
-- ARGV: 1 an instant of the engine, 2 the lead in milliseconds, 3 the node, 4 1 while it is open, 0 when it closes
-- Answers nothing. Work: constant.
local known = redis.call('HMGET', KEYS[1], 'latest', 'lead')
if tonumber(ARGV[1]) > tonumber(known[1] or '0') then redis.call('HSET', KEYS[1], 'latest', ARGV[1]) end
if tonumber(ARGV[2]) > tonumber(known[2] or '0') then redis.call('HSET', KEYS[1], 'lead', ARGV[2]) end
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
else
  redis.call('HDEL', KEYS[2], ARGV[3])
end
return false
