-- The version of all groups of a keyset.
-- KEYS: 1 hash: version of all groups
-- Answers the version, or the empty text. Work: constant.
return redis.call('HGET', KEYS[1], 'all') or ''
