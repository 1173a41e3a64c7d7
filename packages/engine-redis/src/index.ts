/** The engine of many nodes: one presence on Redis or Valkey. */
export { openRedisEngine, type RedisEngineOptions } from "./engine.ts";
export { type NodeRedisPortOptions, openNodeRedisPort } from "./node-redis-port.ts";
export type { Master, RedisPort, Reply, Script, SlotRange } from "./port.ts";
export type { TlsOptions } from "./redis/connection.ts";
export { parseRedisUrl, type RedisTarget, RedisUrlError } from "./redis/url.ts";
export { openRedisClock, type RedisClock, type RedisClockOptions } from "./redis-clock.ts";
