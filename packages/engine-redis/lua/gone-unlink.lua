-- Deletes keys of a keyset that went.
-- KEYS: the keys, at most 500, of one partition
-- Answers how many there were. Work: proportional to the keys; what they hold is freed later.
return redis.call('UNLINK', unpack(KEYS))
