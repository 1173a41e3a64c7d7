-- Settles how many partitions keysets have, once, and answers what a node has to know at its start.
-- KEYS: 1 the engine's hash, 2 hash: keysets that went -> when
-- ARGV: 1 partitions
-- Answers { partitions; latest instant; version of keysets; keysets; generations; keysets that went }, empty texts
-- for what there is not. Work: proportional to the keysets that went and are not deleted yet.
redis.call('HSETNX', KEYS[1], 'partitions', ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'partitions', 'latest', 'version', 'keysets', 'generations')
local reply = {}
for i = 1, 5 do reply[i] = known[i] or '' end
reply[6] = redis.call('HKEYS', KEYS[2])
return reply
