/** Real Redis servers for tests: one alone, or a cluster; killed, stopped and started at will. For Vitest only. */
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from "./redis-cluster.ts";
export { freePort, type RedisOptions, type RedisProcess, redisProgram, startRedis } from "./redis-process.ts";
export { type RespReply, redisCommand } from "./resp.ts";
export { useRedis, useRedisCluster } from "./shared.ts";
