/** B3: joins and leaves in one channel, told to a thousand observers. */
import { type Bench, type Comparison, drawable, type Row, roundsOf, type SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import type { FanOutReport } from "../load/socket-messages.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "../rounds.ts";

/** Runs the suite. */
export async function fanOutSuite(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick
    ? { observers: 50, comers: 16, warmUpMs: 200, measureMs: 400, latencyMs: 300 }
    : { observers: 1_000, comers: 64, warmUpMs: 800, measureMs: 1_500, latencyMs: 1_500 };
  const args = keysetArguments({ announceMax: 1_000 });
  const field = await fieldOf(bench, args);
  const entrants = field.servers;
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, entrants, {
    rounds,
    measure: (entrant) => measure(bench, entrant, size),
    show: (report) =>
      `${Math.round(perCpuSecond(report))} deliveries/CPU s, ${Math.round(rateOf(report))}/s, ` +
      `core ${busyOf(report).toFixed(2)}, p99 ${report.latencyMs.p99.toFixed(1)} ms`,
  });
  return {
    suite: "fan-out",
    about: "One channel whose users come and go; every observer is told of every change.",
    parameters: { ...size, rounds },
    checks: [
      "Every observer was told of every join and leave exactly once, in an order that makes a right roster.",
    ],
    leftOut: field.leftOut,
    noScores: scores.noScores,
    rows: entrants.map(({ name }) => rowOf(scores, name)),
    comparisons: drawable(
      comparisonsOf(
        scores,
        entrants.map(({ name }) => name),
      ),
    ),
  };
}

async function measure(
  bench: Bench,
  entrant: Server,
  size: {
    readonly observers: number;
    readonly comers: number;
    readonly warmUpMs: number;
    readonly measureMs: number;
    readonly latencyMs: number;
  },
): Promise<FanOutReport> {
  const running = await launch(entrant.subject);
  try {
    return await bench.load.run<"fan-out">({
      kind: "fan-out",
      port: running.port,
      pid: running.pid,
      dialect: entrant.dialect,
      comings: entrant.dialect === "stream" ? "http" : "socket",
      watch: entrant.transport,
      channel: "hall",
      observers: size.observers,
      comers: size.comers,
      warmUpMs: size.warmUpMs,
      measureMs: size.measureMs,
      latencyMs: size.latencyMs,
    });
  } finally {
    await running.stop();
  }
}

function rowOf(scores: Scores<FanOutReport>, name: string): Row {
  const limited = scores.of(name).filter((report) => report !== undefined && busyOf(report) < 0.9).length;
  return rowOfScores(
    scores,
    name,
    {
      "deliveries/CPU s": perCpuSecond,
      "deliveries/s": rateOf,
      "core used": busyOf,
      "bytes/delivery": (report) => report.bytesPerChange,
      "median ms": (report) => report.latencyMs.median,
      "p99 ms": (report) => report.latencyMs.p99,
    },
    limited > 0 ? `load-limited (${limited}x)` : "",
  );
}

function rateOf(report: FanOutReport): number {
  return report.deliveries / report.seconds;
}

function perCpuSecond(report: FanOutReport): number {
  return report.deliveries / (report.serverCpuMs / 1000);
}

function busyOf(report: FanOutReport): number {
  return report.serverCpuMs / 1000 / report.seconds;
}

function comparisonsOf(scores: Scores<FanOutReport>, names: readonly string[]): Comparison[] {
  const limits = [
    { other: "bare bun", limit: 0.5 },
    { other: "Socket.IO on node", limit: 10 },
    { other: "centrifuge", limit: 2 },
  ].filter(({ other }) => names.includes(other));
  return names
    .filter((name) => name.startsWith("hereabouts"))
    .flatMap((name): Comparison[] => {
      const isAimed = name === "hereabouts on bun, stream";
      return limits.flatMap(({ other, limit }): Comparison[] => [
        {
          name: `deliveries per CPU second, ${name} / ${other}`,
          value: ratioOfFigures(scores, [name, other], perCpuSecond),
          wanted: isAimed ? { relation: "at least", limit } : undefined,
        },
        {
          name: `p99, ${name} / ${other}`,
          value: ratioOfFigures(scores, [name, other], (report) => report.latencyMs.p99),
          wanted: isAimed && other !== "bare bun" ? { relation: "at most", limit: 1 } : undefined,
        },
      ]);
    });
}
