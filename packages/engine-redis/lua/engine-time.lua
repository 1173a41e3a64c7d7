-- The server's clock, for the nodes' clocks to follow. The only script that reads it.
-- KEYS: 1 the engine's hash, which says whose clock it is
-- Answers { seconds; microseconds }. Work: constant.
return redis.call('TIME')
