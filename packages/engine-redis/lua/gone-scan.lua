-- Finds keys of a keyset that went, on the server that runs this.
-- KEYS: 1 a key that lies on the server
-- ARGV: 1 where to go on, "0" at first, 2 what the keys look like, 3 about how many keys to look at
-- Answers { where to go on, "0" at the end; keys }. Work: bounded by the third argument.
local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
return { found[1], found[2] }
