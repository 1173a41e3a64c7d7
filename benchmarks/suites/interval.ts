/** B8: a channel of 10,000 with as many observers, who are told of it by summaries. */
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import type { IntervalReport } from "../load/socket-messages.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { figureOf, playRounds, rowOfScores, type Scores } from "../rounds.ts";

const wantedFrames = 2;
const intervalSeconds = 1;

interface Size {
  readonly users: number;
  readonly observers: number;
  readonly wanderers: number;
  readonly changesPerSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Runs the suite. */
export async function interval(bench: Bench): Promise<SuiteResult> {
  const size: Size = bench.isQuick
    ? {
        ...{ users: 100, observers: 50, wanderers: 40, changesPerSecond: 20 },
        ...{ warmUpMs: 1_200, measureMs: 2_000 },
      }
    : {
        ...{ users: 10_000, observers: 10_000, wanderers: 2_000, changesPerSecond: 200 },
        ...{ warmUpMs: 1_500, measureMs: 4_000 },
      };
  const args = keysetArguments({ announceMax: 20, intervalSeconds, presenceDeltas: true });
  const field = await fieldOf(bench, args);
  const entrants = field.servers.filter(({ subject }) => subject.kind === "hereabouts");
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, entrants, {
    rounds,
    measure: (entrant) => measure(bench, entrant, size),
    show: (report) =>
      `${report.framesPerSecond.toFixed(2)} frames/s per observer  core ${busyOf(report).toFixed(2)}  ` +
      `p99 ${report.lateMs.p99.toFixed(0)} ms after the summary`,
  });
  const deliveries = size.observers * size.changesPerSecond;
  return {
    suite: "interval",
    about:
      `A channel of ${size.users} with ${size.observers} observers and ${size.changesPerSecond} changes a second, summed up ` +
      `every ${intervalSeconds} s with lists of who came and went (the default is 10 s, and asks a tenth of this).`,
    parameters: { ...size, intervalSeconds, rounds },
    checks: [
      "Every observer was told every summary, without a gap in revisions.",
      "When the changes end, every observer's roster is who is there, to the last user.",
    ],
    noScores: scores.noScores,
    leftOut: [
      ...field.leftOut.filter((reason) => reason.startsWith("hereabouts")),
      `Socket.IO, centrifuge: they sum nothing up, and would have to deliver ${deliveries.toLocaleString("en-GB")} events a second; how many they can is B3.`,
    ],
    rows: entrants.map(({ name }) =>
      rowOfScores(scores, name, {
        "frames/s per observer": ({ framesPerSecond }) => framesPerSecond,
        "core used": busyOf,
        "CPU us/frame": ({ serverCpuMs, framesPerSecond, seconds }) =>
          (serverCpuMs * 1_000) / (framesPerSecond * seconds * size.observers),
        "median ms": ({ lateMs }) => lateMs.median,
        "p99 ms": ({ lateMs }) => lateMs.p99,
      }),
    ),
    comparisons: drawable(entrants.map(({ name }) => comparisonOf(name, scores))),
  };
}

async function measure(bench: Bench, { subject, transport }: Server, size: Size): Promise<IntervalReport> {
  const running = await launch(subject);
  try {
    const { port, pid } = running;
    return await bench.load.run<"interval">({ kind: "interval", port, pid, transport, ...size });
  } finally {
    await running.stop();
  }
}

function busyOf({ serverCpuMs, seconds }: IntervalReport): number {
  return serverCpuMs / 1_000 / seconds;
}

function comparisonOf(name: string, scores: Scores<IntervalReport>): Comparison {
  return {
    name: `frames/s per observer, ${name}`,
    value: figureOf(scores, name, ({ framesPerSecond }) => framesPerSecond),
    wanted: { relation: "at most", limit: wantedFrames },
  };
}
