/** C2, second half: how evenly the three masters of a Redis Cluster are loaded. */
import { startRedisCluster } from "../../../packages/testkit/src/redis/redis-cluster.ts";
import type { Bench, Comparison, SuiteResult } from "../../bench.ts";
import { pin } from "../../launch.ts";
import type { Plan } from "../../load/messages.ts";
import { costsOf, type RedisCost } from "../../redis-counters.ts";
import { spreadOf } from "../../statistics.ts";
import { verify } from "./cost.ts";
import { firstOf, nodeOn, rowOfRounds, runtimeOf, withLaunched } from "./nodes-on-redis.ts";

const evenWithin = 1.2;

/** Runs the suite. */
export async function clusterMasters(bench: Bench): Promise<SuiteResult> {
  const rounds = bench.rounds ?? (bench.isQuick ? 1 : 3);
  const users = bench.isQuick ? 1_000 : 10_000;
  const plan: Extract<Plan, { readonly kind: "seats" }> = {
    ...{ kind: "seats", first: 0, users },
    ...{ channels: 1_000, perUser: 1 },
  };
  const found = new Map<string, RedisCost[][]>([
    ["join", []],
    ["heartbeat", []],
  ]);
  for (let round = 1; round <= rounds; round++) {
    for (const [what, costs] of await measure(bench, plan)) found.get(what)?.push([...costs]);
    bench.say(`  round ${round}/${rounds}`);
  }
  const even = (what: string, name: string, of: (cost: RedisCost) => number): Comparison => ({
    name: `${name} of ${what}s, busiest master / idlest`,
    value: spreadOf(
      (found.get(what) ?? []).map((costs) => Math.max(...costs.map(of)) / Math.min(...costs.map(of))),
    ),
    wanted: { relation: "at most", limit: evenWithin },
  });
  return {
    suite: "cluster-masters",
    about:
      "Heartbeats and joins in 1,000 channels, by one node, on a Redis Cluster of three masters with a replica each.",
    parameters: { users, channels: plan.channels, connections: 64, rounds },
    checks: ["Here now shows exactly the users that sent heartbeats."],
    rows: [...found].flatMap(([what, costs]) =>
      [0, 1, 2].map((master) =>
        rowOfRounds(
          `${what}s, master ${master + 1}`,
          costs.map((ofRound) => figuresOf(ofRound[master], users)),
        ),
      ),
    ),
    comparisons: [...found.keys()].flatMap((what) => [
      even(what, "scripts", ({ scripts }) => scripts),
      even(what, "commands", ({ scripts, inside }) => scripts + inside),
      even(what, "CPU", ({ cpuMs }) => cpuMs),
    ]),
  };
}

function figuresOf(cost: RedisCost | undefined, users: number): Record<string, number> {
  if (cost === undefined) return {};
  return {
    scripts: cost.scripts,
    "commands in scripts": cost.inside,
    "CPU ms": cost.cpuMs,
    "CPU us per request of all": (1_000 * cost.cpuMs) / users,
    "core used": cost.cpuMs / cost.elapsedMs,
  };
}

async function measure(
  bench: Bench,
  plan: Extract<Plan, { readonly kind: "seats" }>,
): Promise<ReadonlyMap<string, readonly RedisCost[]>> {
  await using cluster = await startRedisCluster();
  for (const { pid } of cluster.servers) pin("load", pid);
  const masters = await cluster.masters();
  return await withLaunched(nodeOn(cluster.url, runtimeOf(bench)), 1, async (servers) => {
    const server = firstOf(servers);
    const send = () =>
      costsOf(masters, () =>
        bench.load.run<"each">({ kind: "each", port: server.port, plan, connections: 64 }),
      );
    const joins = await send();
    const heartbeats = await send();
    await verify(server, plan);
    return new Map([
      ["join", joins.costs],
      ["heartbeat", heartbeats.costs],
    ]);
  });
}
