-- Notes that everything of a keyset that went is deleted.
-- KEYS: 1 hash: keysets that went -> when
-- ARGV: 1 the keyset with its generation
-- Answers nothing. Work: constant.
redis.call('HDEL', KEYS[1], ARGV[1])
return false
