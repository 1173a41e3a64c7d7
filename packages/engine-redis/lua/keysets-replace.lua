-- Puts keysets in the place of all keysets there were, unless somebody else did meanwhile, and tells the nodes.
-- KEYS: 1 the engine's hash, 2 hash: keysets that went -> when, 3 sharded channel of news
-- ARGV: 1 the version to be replaced, 2 the new version, 3 keysets, 4 generations, 5 partitions, 6 the engine's instant,
--       7... keysets that go, with their generation
-- Answers 1 when they were replaced, else 0. Work: proportional to the arguments.
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'keysets', ARGV[3], 'generations', ARGV[4], 'partitions', ARGV[5])
for i = 7, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], ARGV[6]) end
redis.call('SPUBLISH', KEYS[3], ARGV[2])
return 1
