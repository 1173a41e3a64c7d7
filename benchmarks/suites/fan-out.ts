/** B3: joins and leaves in one channel, told to a thousand observers. */
import { randomInt } from "node:crypto";
import { type Bench, type Comparison, drawable, type Row, type SuiteResult, shuffled } from "../bench.ts";
import { launch } from "../launch.ts";
import type { FanOutReport } from "../load/socket-messages.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { type Spread, spreadOf } from "../statistics.ts";

interface Entrant extends Server {
  readonly watch: "socket" | "poll";
}

/** Runs the suite. */
export async function fanOutSuite(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick
    ? { observers: 50, comers: 16, warmUpMs: 200, measureMs: 400, latencyMs: 300, rounds: 1 }
    : { observers: 1_000, comers: 64, warmUpMs: 1_000, measureMs: 2_000, latencyMs: 2_000, rounds: 5 };
  const args = keysetArguments({ announceMax: 1_000 });
  const field = await fieldOf(bench, args);
  const entrants: Entrant[] = [
    ...bench.runtimes.map(
      (runtime): Entrant => ({
        name: `hereabouts on ${runtime}, long poll`,
        subject: { kind: "hereabouts", runtime, args },
        dialect: "stream",
        tellsMembers: true,
        watch: "poll",
      }),
    ),
    ...field.servers.map((server): Entrant => ({ ...server, watch: "socket" })),
  ];
  const reports = new Map<string, FanOutReport[]>(entrants.map(({ name }) => [name, []]));
  const rounds = bench.rounds ?? size.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const entrant of shuffled(entrants, randomInt)) {
      const report = await measure(bench, entrant, size);
      reports.get(entrant.name)?.push(report);
      bench.say(
        `  round ${round}/${rounds}  ${entrant.name.padEnd(30)} ${Math.round(perCpuSecond(report))} deliveries/CPU s, ` +
          `${Math.round(report.deliveries / report.seconds)}/s, core ${busyOf(report).toFixed(2)}, p99 ${report.latencyMs.p99.toFixed(1)} ms`,
      );
    }
  }
  return {
    suite: "fan-out",
    about: "One channel whose users come and go; every observer is told of every change.",
    parameters: { ...size, rounds },
    checks: [
      "Every observer was told of every join and leave exactly once, in an order that makes a right roster.",
    ],
    leftOut: field.leftOut,
    rows: entrants.map(({ name }) => rowOf(name, reports.get(name) ?? [])),
    comparisons: drawable(comparisonsOf(reports)),
  };
}

async function measure(
  bench: Bench,
  entrant: Entrant,
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
      watch: entrant.watch,
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

function rowOf(name: string, reports: readonly FanOutReport[]): Row {
  const figure = (of: (report: FanOutReport) => number): Spread => spreadOf(reports.map(of));
  const limited = reports.filter((report) => busyOf(report) < 0.9).length;
  return {
    name,
    figures: {
      "deliveries/CPU s": figure(perCpuSecond),
      "deliveries/s": figure((report) => report.deliveries / report.seconds),
      "core used": figure(busyOf),
      "bytes/delivery": figure((report) => report.bytesPerChange),
      "median ms": figure((report) => report.latencyMs.median),
      "p99 ms": figure((report) => report.latencyMs.p99),
    },
    remark: limited > 0 ? `load-limited (${limited}x)` : "",
  };
}

function perCpuSecond(report: FanOutReport): number {
  return report.deliveries / (report.serverCpuMs / 1000);
}

function busyOf(report: FanOutReport): number {
  return report.serverCpuMs / 1000 / report.seconds;
}

function comparisonsOf(reports: ReadonlyMap<string, readonly FanOutReport[]>): Comparison[] {
  const ratio = (ours: string, other: string, of: (report: FanOutReport) => number): Spread => {
    const theirs = reports.get(other) ?? [];
    return spreadOf(
      (reports.get(ours) ?? []).map((report, round) => of(report) / of(theirs[round] ?? report)),
    );
  };
  const limits = [
    { other: "bare bun", limit: 0.5 },
    { other: "Socket.IO on node", limit: 10 },
    { other: "centrifuge", limit: 2 },
  ].filter(({ other }) => reports.has(other));
  return [...reports.keys()]
    .filter((name) => name.startsWith("hereabouts"))
    .flatMap((name): Comparison[] => {
      const isAimed = name === "hereabouts on bun, stream";
      return limits.flatMap(({ other, limit }): Comparison[] => [
        {
          name: `deliveries per CPU second, ${name} / ${other}`,
          value: ratio(name, other, perCpuSecond),
          wanted: isAimed ? { relation: "at least", limit } : undefined,
        },
        {
          name: `p99, ${name} / ${other}`,
          value: ratio(name, other, (report) => report.latencyMs.p99),
          wanted: isAimed && other !== "bare bun" ? { relation: "at most", limit: 1 } : undefined,
        },
      ]);
    });
}
