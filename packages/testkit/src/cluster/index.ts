/** What tests of a cluster stand on: nodes, a balancer, a wire that can be cut, a crowd, and those who watch. */
export { createHttpClient, type HttpClient } from "../http-client.ts";
export { type RedisCluster, startRedisCluster } from "../redis/redis-cluster.ts";
export { type RedisProcess, startRedis } from "../redis/redis-process.ts";
export { type Crowd, startCrowd } from "./crowd.ts";
export * from "./crowd-messages.ts";
export * from "./fleet.ts";
export * from "./load-balancer.ts";
export * from "./tcp-proxy.ts";
export * from "./watcher.ts";
