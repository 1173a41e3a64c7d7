/** Measures several servers under the same load, in turns and in shuffled order, a fresh process for each sample. */
import { randomInt } from "node:crypto";
import { type Bench, type Row, shuffled } from "./bench.ts";
import { launch, type Running, type Subject } from "./launch.ts";
import type { SaturateOrder, SaturateReport } from "./load/messages.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Share of its core that a server must have used for a sample to say something about the server. */
const busyMin = 0.9;
const triesMax = 3;

/** Somebody to be measured. */
export interface Entrant {
  readonly name: string;
  readonly subject: Subject;
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

/** What was measured of an entrant. */
export interface Standing {
  readonly entrant: Entrant;
  /** One report a round, in the order of rounds. */
  readonly reports: readonly SaturateReport[];
  readonly cpuMicros: Spread;
  readonly perSecond: Spread;
}

/** Runs the contest: what it gives is in the order of the entrants. */
export async function contest(
  bench: Bench,
  entrants: readonly Entrant[],
  rules: Rules,
): Promise<readonly Standing[]> {
  const reports = new Map<Entrant, SaturateReport[]>(entrants.map((entrant) => [entrant, []]));
  for (let round = 1; round <= rules.rounds; round++) {
    for (const entrant of shuffled(entrants, randomInt)) {
      const report = await sample(bench, entrant, rules);
      reports.get(entrant)?.push(report);
      bench.say(`  round ${round}/${rules.rounds}  ${entrant.name.padEnd(34)} ${showReport(report)}`);
    }
  }
  return entrants.map((entrant) => {
    const own = reports.get(entrant) ?? [];
    return {
      entrant,
      reports: own,
      cpuMicros: spreadOf(own.map(cpuMicrosOf)),
      perSecond: spreadOf(own.map((report) => report.answers / report.seconds)),
    };
  });
}

async function sample(bench: Bench, entrant: Entrant, rules: Rules): Promise<SaturateReport> {
  for (let attempt = 1; ; attempt++) {
    const report = await once(bench, entrant, rules);
    if (bench.isQuick || busyOf(report) >= busyMin || attempt === triesMax) return report;
    bench.say(`  again: ${entrant.name} used ${percent(busyOf(report))} of its core (${limitOf(report)})`);
  }
}

async function once(bench: Bench, entrant: Entrant, rules: Rules): Promise<SaturateReport> {
  const running = await launch(entrant.subject);
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

/** A standing as a line of the table. */
export function rowOf(standing: Standing): Row {
  const { reports } = standing;
  return {
    name: standing.entrant.name,
    figures: {
      "CPU us/request": standing.cpuMicros,
      "requests/s": standing.perSecond,
      "median ms": spreadOf(reports.map((report) => report.latencyMs.median)),
      "p99 ms": spreadOf(reports.map((report) => report.latencyMs.p99)),
      "core used": spreadOf(reports.map(busyOf)),
      "others on core": spreadOf(reports.map((report) => report.otherCpuMs / 1000 / report.seconds)),
    },
    remark: remarkOf(reports),
  };
}

/** How many times a bare server's cost goes into ours, round by round: 1 is as good as bare. */
export function ratioOf(bare: Standing, ours: Standing): Spread {
  return spreadOf(
    bare.reports.map((report, round) => cpuMicrosOf(report) / cpuMicrosOf(ours.reports[round] ?? report)),
  );
}

/** How many times one entrant's rate goes into another's, round by round. */
export function rateRatioOf(ours: Standing, bare: Standing): Spread {
  const rate = (report: SaturateReport | undefined): number =>
    report === undefined ? Number.NaN : report.answers / report.seconds;
  return spreadOf(ours.reports.map((report, round) => rate(report) / rate(bare.reports[round])));
}

/** The standing of an entrant by name. */
export function standingOf(standings: readonly Standing[], name: string): Standing {
  const found = standings.find((standing) => standing.entrant.name === name);
  if (found === undefined) throw new Error(`Nobody called ${name} took part.`);
  return found;
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
