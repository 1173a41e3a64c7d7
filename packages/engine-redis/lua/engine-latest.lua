-- Notes how far the engine's time has come.
-- KEYS: 1 the engine's hash
-- ARGV: 1 an instant of the engine
-- Answers nothing. Work: constant.
local latest = tonumber(redis.call('HGET', KEYS[1], 'latest') or '0')
if tonumber(ARGV[1]) > latest then redis.call('HSET', KEYS[1], 'latest', ARGV[1]) end
return false
