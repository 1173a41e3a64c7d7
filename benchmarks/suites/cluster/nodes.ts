/** C2, first half: heartbeats and joins with 1, 2 and 4 nodes on one Redis. */
import type { Bench, SuiteResult } from "../../bench.ts";
import type { Plan } from "../../load/messages.ts";
import { cpuMsOf } from "../../proc.ts";
import { costOf } from "../../redis-counters.ts";
import { spreadOf } from "../../statistics.ts";
import { countCommands } from "./calls.ts";
import { verify } from "./cost.ts";
import { firstOf, nodeOn, rowOfRounds, runtimeOf, withServers } from "./nodes-on-redis.ts";

const counts = [1, 2, 4] as const;
const connectionsPerNode = 64;

/** Runs the suite. */
export async function clusterNodes(bench: Bench): Promise<SuiteResult> {
  const runtime = runtimeOf(bench);
  const rounds = bench.rounds ?? (bench.isQuick ? 1 : 3);
  const plan: Extract<Plan, { readonly kind: "seats" }> = bench.isQuick
    ? { kind: "seats", first: 0, users: 400, channels: 40, perUser: 1 }
    : { kind: "seats", first: 0, users: 12_000, channels: 600, perUser: 1 };
  const found = new Map<string, Record<string, number>[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const count of counts) {
      const figures = await measure(bench, plan, count);
      for (const [name, figure] of figures) {
        found.set(name, [...(found.get(name) ?? []), figure]);
        bench.say(`  round ${round}/${rounds}  ${name}  ${Math.round(figure["requests/s"] ?? 0)}/s`);
      }
    }
  }
  const rows = [...found].map(([name, figures]) => rowOfRounds(name, figures));
  const flat = (what: string, column: string) => {
    const one = found.get(nameOf(what, 1)) ?? [];
    const four = found.get(nameOf(what, 4)) ?? [];
    const ratios = four.map(
      (figures, round) => (figures[column] ?? Number.NaN) / (one[round]?.[column] ?? Number.NaN),
    );
    return { name: `${column} of a ${what}, 4 nodes / 1 node`, value: spreadOf(ratios), wanted: undefined };
  };
  return {
    suite: "cluster-nodes",
    about: `Heartbeats and joins with 1, 2 and 4 nodes on ${runtime}, all on one core, and Redis beside the load on the other: what a request costs is compared, not how fast all are.`,
    parameters: { users: plan.users, channels: plan.channels, connectionsPerNode, rounds },
    checks: ["Every node shows exactly the users that sent heartbeats to any node."],
    rows,
    comparisons: ["heartbeat", "join"].flatMap((what) => [
      flat(what, "Redis CPU us"),
      flat(what, "Redis calls"),
      flat(what, "nodes' CPU us"),
    ]),
  };
}

function nameOf(what: string, count: number): string {
  return `${what}, ${count} ${count === 1 ? "node" : "nodes"}`;
}

async function measure(
  bench: Bench,
  plan: Extract<Plan, { readonly kind: "seats" }>,
  count: number,
): Promise<ReadonlyMap<string, Record<string, number>>> {
  const subjectOn = (url: string) => nodeOn(url, runtimeOf(bench));
  return await withServers(subjectOn, count, async (servers, redis) => {
    const [first, ...others] = servers;
    const port = first?.port ?? 0;
    const otherPorts = others.map((other) => other.port);
    const connections = connectionsPerNode * count;
    const ask = (times: number) =>
      bench.load.run<"each">({ kind: "each", port, otherPorts, plan, connections, times });
    const send = async (times: number): Promise<Record<string, number>> => {
      const before = servers.map(({ pid }) => cpuMsOf(pid));
      const { cost, result } = await costOf(redis, () => ask(times));
      const spent = servers.map(({ pid }, index) => cpuMsOf(pid) - (before[index] ?? 0));
      return {
        "requests/s": (1_000 * result.count) / result.elapsedMs,
        "Redis calls": cost.calls / result.count,
        "Redis CPU us": (1_000 * cost.cpuMs) / result.count,
        "Redis core used": cost.cpuMs / cost.elapsedMs,
        "nodes' CPU us": (1_000 * spent.reduce((sum, ms) => sum + ms, 0)) / result.count,
        "busiest node / idlest": Math.max(...spent) / Math.max(10, Math.min(...spent)),
      };
    };
    const joins = await send(1);
    await send(1);
    // Redis counts a ZADD of a script and one of a node alike: calls are listened to, by themselves.
    const heartbeats = await send(2);
    const { heard, result } = await countCommands(redis.port, () => ask(1));
    heartbeats["Redis calls"] = heard.calls / result.count;
    for (const server of bench.isQuick ? servers : [firstOf(servers), ...servers.slice(-1)])
      await verify(server, plan);
    return new Map([
      [nameOf("heartbeat", count), heartbeats],
      [nameOf("join", count), joins],
    ]);
  });
}
