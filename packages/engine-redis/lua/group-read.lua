-- A group's channels in the order they were added, with the version of all groups.
-- KEYS: 1 the group: channels by order, 2 hash: version of all groups
-- Answers { the version; the channels }. Work: proportional to the group, which is bounded.
return { redis.call('HGET', KEYS[2], 'all') or '', redis.call('ZRANGE', KEYS[1], 0, -1) }
