/** B6: everybody is cut off at once and is back within five seconds. */
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { launch, type Running } from "../launch.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { descriptorLimit, residentBytesOf } from "../proc.ts";
import { figureOf, playRounds, rowOfScores, type Scores } from "../rounds.ts";

const watchEveryMs = 25;
const wantedMemory = 2;

interface Sample {
  readonly toldFalsely: number;
  readonly servedMs: number;
  readonly memoryRatio: number;
  readonly cpuMicros: number;
}

/** Runs the suite. */
export async function storm(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick
    ? { clients: 300, channels: 20, withinMs: 500 }
    : { clients: Math.min(18_000, descriptorLimit() - 1_500), channels: 1_000, withinMs: 5_000 };
  // A grace never lengthens a lease: for fifteen seconds a stream's has to last longer than that, too.
  const args = [
    ...keysetArguments({ announceMax: 1_000, disconnectGraceSeconds: 15 }),
    ...["--stream-timeout-seconds", "30"],
  ];
  const field = await fieldOf(bench, args);
  const entrants = field.servers.filter(({ tellsMembers }) => tellsMembers);
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, entrants, {
    rounds,
    measure: (entrant) => measure(bench, entrant, size),
    show: (sample) =>
      `${sample.toldFalsely} told falsely  served again after ${sample.servedMs.toFixed(0)} ms  ` +
      `memory x ${sample.memoryRatio.toFixed(2)}`,
  });
  return {
    suite: "storm",
    about:
      "Clients on connections of their own, cut off at once without a word; they come back evenly over 5 s (withinMs).",
    parameters: { ...size, rounds },
    checks: ["Every client was served again; of ours, each was then told once of a message to its channel."],
    leftOut: field.leftOut,
    noScores: scores.noScores,
    rows: entrants.map(({ name }) =>
      rowOfScores(scores, name, {
        "told falsely": (sample) => sample.toldFalsely,
        "all served ms": (sample) => sample.servedMs,
        "peak / steady RSS": (sample) => sample.memoryRatio,
        "CPU us/client": (sample) => sample.cpuMicros,
      }),
    ),
    comparisons: drawable(
      entrants
        .filter(({ name }) => name.startsWith("hereabouts"))
        .flatMap(({ name }) => comparisonsOf(name, scores)),
    ),
  };
}

function comparisonsOf(name: string, scores: Scores<Sample>): Comparison[] {
  return [
    {
      name: `leaves and joins told falsely, ${name}`,
      value: figureOf(scores, name, (sample) => sample.toldFalsely),
      wanted: { relation: "at most", limit: 0 },
    },
    {
      name: `peak / steady RSS, ${name}`,
      value: figureOf(scores, name, (sample) => sample.memoryRatio),
      wanted: { relation: "at most", limit: wantedMemory },
    },
  ];
}

async function measure(
  bench: Bench,
  one: Server,
  size: { readonly clients: number; readonly channels: number; readonly withinMs: number },
): Promise<Sample> {
  const running = await launch(one.subject);
  const { port, pid } = running;
  const isOurs = one.subject.kind === "hereabouts";
  try {
    await bench.load.run<"members">({
      kind: "members",
      port,
      pid,
      dialect: one.dialect,
      transport: one.transport,
      first: 0,
      members: size.clients,
      channels: size.channels,
      isTold: true,
    });
    await bench.load.run<"rest">({ kind: "rest", ms: 1_000 });
    const steady = residentBytesOf(pid);
    const peak = watchPeak(running);
    const back = await bench.load.run<"return">({
      kind: "return",
      withinMs: size.withinMs,
      provesService: isOurs,
    });
    const memoryRatio = peak() / steady;
    await bench.load.run<"drop">({ kind: "drop" });
    return {
      toldFalsely: back.toldFalsely,
      servedMs: back.servedMs,
      memoryRatio,
      cpuMicros: (back.serverCpuMs * 1000) / size.clients,
    };
  } finally {
    await running.stop();
  }
}

/** Watches the memory from now on; gives the most it was. */
function watchPeak({ pid }: Running): () => number {
  let most = residentBytesOf(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentBytesOf(pid));
  }, watchEveryMs);
  return () => {
    clearInterval(timer);
    return most;
  };
}
