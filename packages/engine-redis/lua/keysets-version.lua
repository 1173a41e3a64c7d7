-- The version of the keysets.
-- KEYS: 1 the engine's hash
-- Answers the version, or the empty text where there are none, or were lost. Work: constant.
return redis.call('HGET', KEYS[1], 'version') or ''
