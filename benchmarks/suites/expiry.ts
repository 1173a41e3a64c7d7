/** B5: a hundred thousand seats whose time is up in the same second, and how soon each end is told. */
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import type { ExpireReport } from "../load/socket-messages.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { figureOf, playRounds, rowOfScores, type Scores } from "../rounds.ts";

const wantedLateMs = 1_000;
const wantedPauseMs = 50;

interface Size {
  readonly channels: number;
  readonly seatsPerChannel: number;
  readonly withinMs: number;
}

interface Sample extends ExpireReport {
  readonly longestPauseMs: number;
  readonly longPauses: number;
}

/** Runs the suite. */
export async function expiry(bench: Bench): Promise<SuiteResult> {
  const size: Size = bench.isQuick
    ? { channels: 20, seatsPerChannel: 50, withinMs: 2_500 }
    : { channels: 1_000, seatsPerChannel: 100, withinMs: 8_000 };
  const field = await fieldOf(bench, keysetArguments({ announceMax: 1_000 }));
  const entrants = field.servers.filter(({ subject }) => subject.kind === "hereabouts");
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, entrants, {
    rounds,
    measure: (entrant) => measure(bench, entrant, size),
    show: ({ lateMs, longestPauseMs }) =>
      `median ${lateMs.median.toFixed(0)} ms late, latest ${lateMs.most.toFixed(0)} ms, ` +
      `longest pause ${longestPauseMs.toFixed(0)} ms`,
  });
  return {
    suite: "expiry",
    about:
      `${size.channels * size.seatsPerChannel} seats in ${size.channels} channels end within the same second; ` +
      "each channel has an observer. How late an end is told counts from the seat's own deadline.",
    parameters: { ...size, rounds },
    checks: [
      "Every end was told once, as a timeout, to the observer of its channel, with the deadline that its request had asked for, and never before it.",
    ],
    noScores: scores.noScores,
    leftOut: [
      ...field.leftOut.filter((reason) => reason.startsWith("hereabouts")),
      "Socket.IO, centrifuge: who is there ends with its socket; nothing expires.",
      "naive on Redis: the time that is up there is told to nobody.",
    ],
    rows: entrants.map(({ name }) =>
      rowOfScores(scores, name, {
        "median ms late": ({ lateMs }) => lateMs.median,
        "p99 ms late": ({ lateMs }) => lateMs.p99,
        "latest ms": ({ lateMs }) => lateMs.most,
        "longest pause ms": ({ longestPauseMs }) => longestPauseMs,
        "pauses over 50 ms": ({ longPauses }) => longPauses,
        "CPU us/end": ({ serverCpuMs }) => (serverCpuMs * 1_000) / (size.channels * size.seatsPerChannel),
      }),
    ),
    comparisons: drawable(entrants.flatMap(({ name }) => comparisonsOf(name, scores))),
  };
}

async function measure(bench: Bench, { subject, transport }: Server, size: Size): Promise<Sample> {
  const running = await launch(subject, "pauses");
  try {
    const { port, pid } = running;
    const report = await bench.load.run<"expire">({ kind: "expire", port, pid, transport, ...size });
    const { pauses } = await running.settle();
    // What kept the loop while the seats were taken is another matter.
    const during = pauses
      .filter(([startedAt, ms]) => startedAt + ms >= report.from && startedAt <= report.until)
      .map(([, ms]) => ms);
    return {
      ...report,
      longestPauseMs: Math.max(0, ...during),
      longPauses: during.filter((ms) => ms > wantedPauseMs).length,
    };
  } finally {
    await running.stop();
  }
}

function comparisonsOf(name: string, scores: Scores<Sample>): Comparison[] {
  const isAimed = name.includes("on bun");
  return [
    {
      name: `latest end told, ms after its deadline, ${name}`,
      value: figureOf(scores, name, ({ lateMs }) => lateMs.most),
      wanted: isAimed ? { relation: "at most", limit: wantedLateMs } : undefined,
    },
    {
      name: `longest pause of the event loop, ms, ${name}`,
      value: figureOf(scores, name, ({ longestPauseMs }) => longestPauseMs),
      wanted: isAimed ? { relation: "at most", limit: wantedPauseMs } : undefined,
    },
  ];
}
