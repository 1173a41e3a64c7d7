-- The names of all groups.
-- KEYS: 1 hash: group -> how often it changed
-- Answers the names. Work: proportional to the groups, which are bounded.
return redis.call('HKEYS', KEYS[1])
