/** Tests of a share of the seeds on a real redis-server: vitest runs its files side by side, each with its own. */
import { type RedisProcess, startRedis } from "@hereabouts/testkit/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportOf } from "./run.ts";
import { openSharedRedis, planOnRedis } from "./shared-redis.ts";
import { simulate } from "./simulate.ts";

const shares = 2;
const seedsOnRedis = 20;

/** Declares a test for each seed of a share, 0 or 1. */
export function testRedisShare(share: number): void {
  let server: RedisProcess;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const seeds = Array.from({ length: seedsOnRedis }, (_, index) => index + 1);
  test.each(seeds.filter((_, index) => index % shares === share))("seed %i on Redis", async (seed) => {
    const { plan, problems } = await simulate(seed, {
      openEngine: openSharedRedis(server),
      adjust: planOnRedis,
    });

    expect(problems.length === 0 ? "all is right" : reportOf(plan, problems, "redis").join("\n")).toBe(
      "all is right",
    );
  });
}
