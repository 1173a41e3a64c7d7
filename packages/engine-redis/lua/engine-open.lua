-- Settles how many partitions keysets have, once, and answers what a node has to know at its start.
-- KEYS: 1 the engine's hash, 2 hash: keysets that went -> when, 3 hash: nodes -> when they were last heard of
-- ARGV: 1 partitions
-- Answers { partitions; latest instant; version of keysets; keysets; generations; keysets that went; the lead of the
-- engine's time; nodes that are open }, empty texts for what there is not. Forgets nodes that were not heard of for 30
-- seconds. Work: proportional to the nodes, and to the keysets that went and are not deleted yet.
redis.call('HSETNX', KEYS[1], 'partitions', ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'partitions', 'latest', 'version', 'keysets', 'generations', 'lead')
local reply = {}
for i = 1, 5 do reply[i] = known[i] or '' end
reply[6] = redis.call('HKEYS', KEYS[2])
reply[7] = known[6] or '0'
local nodes, count = redis.call('HGETALL', KEYS[3]), 0
for i = 1, #nodes, 2 do
  if tonumber(nodes[i + 1]) < tonumber(known[2] or '0') - 30000 then
    redis.call('HDEL', KEYS[3], nodes[i])
  else
    count = count + 1
  end
end
reply[8] = count
return reply
