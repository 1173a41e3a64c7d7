/** B2: what a member that does nothing weighs and costs, on a WebSocket or with a held poll. */
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { descriptorLimit } from "../proc.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "../rounds.ts";

/** Far from the members that are measured, in the same channels. */
const warmUpFirst = 1_000_000;

interface Size {
  readonly members: number;
  readonly warmUp: number;
  readonly channels: number;
  readonly restMs: number;
}

interface Sample {
  readonly bytesPerMember: number;
  readonly openMicros: number;
  readonly restMicrosPerMemberMinute: number;
}

/** Runs the suite. */
export async function idle(bench: Bench): Promise<SuiteResult> {
  const size: Size = bench.isQuick
    ? { members: 300, warmUp: 50, channels: 20, restMs: 1_000 }
    : {
        members: Math.min(18_000, descriptorLimit() - 1_500),
        warmUp: 500,
        channels: 1_000,
        restMs: 4_000,
      };
  const field = await fieldOf(bench, keysetArguments({ announceMax: 1_000 }));
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, field.servers, {
    rounds,
    measure: (server) => measure(bench, server, size),
    show: (sample) =>
      `${Math.round(sample.bytesPerMember)} bytes/member  open ${sample.openMicros.toFixed(0)} us  ` +
      `at rest ${sample.restMicrosPerMemberMinute.toFixed(0)} us/member/min`,
  });
  return {
    suite: "idle",
    about: "Members on connections of their own, each told who comes to its channel; then nothing happens.",
    parameters: { ...size, rounds },
    checks: [
      "Every member was told of everybody who came to its channel after it, and of nobody else's channel.",
    ],
    leftOut: field.leftOut,
    noScores: scores.noScores,
    rows: field.servers.map(({ name, tellsMembers }) =>
      rowOfScores(
        scores,
        name,
        {
          "RSS bytes/member": (sample) => sample.bytesPerMember,
          "open us": (sample) => sample.openMicros,
          "at rest us/member/min": (sample) => sample.restMicrosPerMemberMinute,
        },
        tellsMembers ? "" : "tells nobody anything",
      ),
    ),
    comparisons: drawable(
      comparisonsOf(
        scores,
        field.servers.map(({ name }) => name),
      ),
    ),
  };
}

async function measure(bench: Bench, one: Server, size: Size): Promise<Sample> {
  const running = await launch(one.subject);
  const { port, pid } = running;
  const open = (first: number, members: number) =>
    bench.load.run<"members">({
      kind: "members",
      port,
      pid,
      dialect: one.dialect,
      transport: one.transport,
      first,
      members,
      channels: size.channels,
      isTold: one.tellsMembers,
    });
  try {
    await open(warmUpFirst, size.warmUp);
    await bench.load.run<"drop">({ kind: "drop" });
    const before = await running.settle();
    const opened = await open(0, size.members);
    const after = await running.settle();
    const rest = await bench.load.run<"rest">({ kind: "rest", ms: size.restMs });
    await bench.load.run<"drop">({ kind: "drop" });
    return {
      bytesPerMember: (after.residentBytes - before.residentBytes) / size.members,
      openMicros: (opened.serverCpuMs * 1000) / size.members,
      restMicrosPerMemberMinute: ((rest.serverCpuMs * 1000) / size.members) * (60 / rest.seconds),
    };
  } finally {
    await running.stop();
  }
}

function comparisonsOf(scores: Scores<Sample>, names: readonly string[]): Comparison[] {
  const limits = [
    { other: "bare bun", limit: 2 },
    { other: "Socket.IO on node", limit: 0.25 },
    { other: "centrifuge", limit: 0.5 },
  ].filter(({ other }) => names.includes(other));
  return names
    .filter((name) => name.startsWith("hereabouts"))
    .flatMap((name) =>
      limits.map(({ other, limit }): Comparison => {
        return {
          name: `RSS per member, ${name} / ${other}`,
          value: ratioOfFigures(scores, [name, other], (sample) => sample.bytesPerMember),
          wanted: name === "hereabouts on bun, stream" ? { relation: "at most", limit } : undefined,
        };
      }),
    );
}
