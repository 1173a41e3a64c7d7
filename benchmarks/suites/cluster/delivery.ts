/** C3: how long a join takes to observers on the node that took it, and on another. */
import type { Bench, SuiteResult } from "../../bench.ts";
import { quantile, spreadOf } from "../../statistics.ts";
import { nodeOn, rowOfRounds, runtimeOf, withServers } from "./nodes-on-redis.ts";

const slowerAtMost = 2;

/** Runs the suite. */
export async function clusterDelivery(bench: Bench): Promise<SuiteResult> {
  const runtime = runtimeOf(bench);
  const rounds = bench.rounds ?? (bench.isQuick ? 1 : 3);
  const size = bench.isQuick
    ? { channels: 10, joins: 40, warmUpJoins: 20, everyMs: 20 }
    : { channels: 100, joins: 1_500, warmUpJoins: 300, everyMs: 10 };
  const same: Record<string, number>[] = [];
  const other: Record<string, number>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const report = await withServers(
      (url) => nodeOn(url, runtime),
      2,
      async ([one, two]) => {
        const ports = [one?.port ?? 0, two?.port ?? 0] as const;
        return await bench.load.run<"delivery">({ kind: "delivery", ports, ...size });
      },
    );
    same.push(figuresOf(report.sameMs));
    other.push(figuresOf(report.otherMs));
    bench.say(
      `  round ${round}/${rounds}  p99 ${same.at(-1)?.["p99 ms"]} ms, ${other.at(-1)?.["p99 ms"]} ms`,
    );
  }
  const ratio = (column: string) =>
    spreadOf(other.map((figures, round) => (figures[column] ?? 0) / (same[round]?.[column] ?? 0)));
  return {
    suite: "cluster-delivery",
    about: `From the request of a join to the answers of polls on the same node and on another, both on ${runtime}, at rest but for this.`,
    parameters: { ...size, rounds },
    checks: ["Every join was told once on each node."],
    rows: [rowOfRounds("same node", same), rowOfRounds("other node", other)],
    comparisons: [
      {
        name: "p99, other node / same node",
        value: ratio("p99 ms"),
        wanted: { relation: "at most", limit: slowerAtMost },
      },
      { name: "p50, other node / same node", value: ratio("p50 ms"), wanted: undefined },
    ],
  };
}

function figuresOf(times: readonly number[]): Record<string, number> {
  const ascending = [...times].sort((a, b) => a - b);
  return {
    "p50 ms": quantile(ascending, 0.5),
    "p90 ms": quantile(ascending, 0.9),
    "p99 ms": quantile(ascending, 0.99),
    "most ms": quantile(ascending, 1),
  };
}
