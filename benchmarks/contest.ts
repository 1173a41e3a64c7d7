/** Measures several servers under the same load, in turns and in shuffled order, a fresh process for each sample. */
import type { Bench, Row } from "./bench.ts";
import type { Running } from "./launch.ts";
import type { SaturateOrder, SaturateReport } from "./load/messages.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "./rounds.ts";
import type { Spread } from "./statistics.ts";

/** Share of its core that a server must have used for a sample to say something about the server. */
const busyMin = 0.9;
const triesMax = 2;

/** Somebody to be measured. */
export interface Entrant {
  readonly name: string;
  /** Starts a fresh server. */
  start(): Promise<Running>;
  /** Whether something else than the server bounds it, so that an idle core is no reason to measure again. */
  readonly isBoundElsewhere?: boolean;
  /** Brings a fresh server into the state to be measured. */
  prepare(running: Running): Promise<void>;
  readonly load: Pick<SaturateOrder, "plan" | "beside">;
  /** Throws when the server's answers are not right after the load. */
  verify(running: Running): Promise<void>;
}

/** How hard and how often. */
export interface Rules {
  readonly rounds: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Runs the contest. */
export function contest(
  bench: Bench,
  entrants: readonly Entrant[],
  rules: Rules,
): Promise<Scores<SaturateReport>> {
  return playRounds(bench, entrants, {
    rounds: rules.rounds,
    measure: (entrant) => sample(bench, entrant, rules),
    show: showReport,
  });
}

async function sample(bench: Bench, entrant: Entrant, rules: Rules): Promise<SaturateReport> {
  for (let attempt = 1; ; attempt++) {
    const report = await once(bench, entrant, rules);
    if (
      bench.isQuick ||
      entrant.isBoundElsewhere === true ||
      busyOf(report) >= busyMin ||
      attempt === triesMax
    )
      return report;
    bench.say(`  again: ${entrant.name} used ${percent(busyOf(report))} of its core (${limitOf(report)})`);
  }
}

async function once(bench: Bench, entrant: Entrant, rules: Rules): Promise<SaturateReport> {
  const running = await entrant.start();
  try {
    await entrant.prepare(running);
    const report = await bench.load.run<"saturate">({
      kind: "saturate",
      port: running.port,
      pid: running.pid,
      connections: rules.connections,
      warmUpMs: rules.warmUpMs,
      measureMs: rules.measureMs,
      ...entrant.load,
    });
    await entrant.verify(running);
    return report;
  } finally {
    await running.stop();
  }
}

/** What somebody scored, as a line of the table. */
export function rowOf(scores: Scores<SaturateReport>, name: string): Row {
  return rowOfScores(
    scores,
    name,
    {
      "CPU us/request": cpuMicrosOf,
      "requests/s": rateOf,
      "median ms": (report) => report.latencyMs.median,
      "p99 ms": (report) => report.latencyMs.p99,
      "core used": busyOf,
      "others on core": (report) => report.otherCpuMs / 1000 / report.seconds,
    },
    remarkOf(scores.of(name).filter((report) => report !== undefined)),
  );
}

/** How many times a bare server's cost goes into ours, round by round: 1 is as good as bare. */
export function ratioOf(scores: Scores<SaturateReport>, bare: string, ours: string): Spread {
  return ratioOfFigures(scores, [bare, ours], cpuMicrosOf);
}

/** How many times one entrant's rate goes into another's, round by round. */
export function rateRatioOf(scores: Scores<SaturateReport>, ours: string, bare: string): Spread {
  return ratioOfFigures(scores, [ours, bare], rateOf);
}

function rateOf(report: SaturateReport): number {
  return report.answers / report.seconds;
}

function remarkOf(reports: readonly SaturateReport[]): string {
  const limits = reports.filter((report) => busyOf(report) < busyMin).map(limitOf);
  if (limits.length === 0) return "";
  return [...new Set(limits)]
    .map((limit) => `${limit} (${limits.filter((one) => one === limit).length}x)`)
    .join(", ");
}

function limitOf(report: SaturateReport): string {
  const others = report.otherCpuMs / 1000 / report.seconds;
  return busyOf(report) + others >= busyMin ? "disturbed by other work" : "load-limited";
}

function cpuMicrosOf(report: SaturateReport): number {
  return (report.serverCpuMs * 1000) / report.answers;
}

function busyOf(report: SaturateReport): number {
  return report.serverCpuMs / 1000 / report.seconds;
}

function showReport(report: SaturateReport): string {
  const perSecond = Math.round(report.answers / report.seconds);
  return `${cpuMicrosOf(report).toFixed(2)} us  ${perSecond}/s  core ${percent(busyOf(report))}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
