/** One server or cluster for all tests of a file: they keep apart by the prefixes of their keys. For Vitest only. */
import { afterAll, beforeAll } from "vitest";
import { type RedisCluster, startRedisCluster } from "./redis-cluster.ts";
import { type RedisProcess, startRedis } from "./redis-process.ts";

/** A redis-server that starts before the tests of this file and ends after them. Gives it to tests that run. */
export function useRedis(): () => RedisProcess {
  let server: RedisProcess | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  return () => there(server);
}

/** A cluster that starts before the tests of this file and ends after them. Gives it to tests that run. */
export function useRedisCluster(): () => RedisCluster {
  let cluster: RedisCluster | undefined;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 60_000);
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  return () => there(cluster);
}

function there<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("Redis is there while tests run, and only then.");
  return value;
}
