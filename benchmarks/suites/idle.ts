/** B2: what a member that does nothing weighs and costs on a WebSocket. */
import { randomInt } from "node:crypto";
import { type Bench, type Comparison, drawable, type SuiteResult, shuffled } from "../bench.ts";
import { launch } from "../launch.ts";
import { fieldOf, keysetArguments, type Server } from "../peers.ts";
import { descriptorLimit } from "../proc.ts";
import { type Spread, spreadOf } from "../statistics.ts";

/** Far from the members that are measured, in the same channels. */
const warmUpFirst = 1_000_000;

interface Size {
  readonly members: number;
  readonly warmUp: number;
  readonly channels: number;
  readonly restMs: number;
  readonly rounds: number;
}

interface Sample {
  readonly bytesPerMember: number;
  readonly openMicros: number;
  readonly restMicrosPerMemberMinute: number;
}

/** Runs the suite. */
export async function idle(bench: Bench): Promise<SuiteResult> {
  const size: Size = bench.isQuick
    ? { members: 300, warmUp: 50, channels: 20, restMs: 1_000, rounds: 1 }
    : {
        members: Math.min(18_000, descriptorLimit() - 1_500),
        warmUp: 500,
        channels: 1_000,
        restMs: 8_000,
        rounds: 3,
      };
  const field = await fieldOf(bench, keysetArguments({ announceMax: 1_000 }));
  const samples = new Map<string, Sample[]>(field.servers.map(({ name }) => [name, []]));
  const rounds = bench.rounds ?? size.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const server of shuffled(field.servers, randomInt)) {
      const sample = await measure(bench, server, size);
      samples.get(server.name)?.push(sample);
      bench.say(
        `  round ${round}/${rounds}  ${server.name.padEnd(30)} ${Math.round(sample.bytesPerMember)} bytes/member  ` +
          `open ${sample.openMicros.toFixed(0)} us  at rest ${sample.restMicrosPerMemberMinute.toFixed(0)} us/member/min`,
      );
    }
  }
  return {
    suite: "idle",
    about: "Members on sockets of their own, each told who comes to its channel; then nothing happens.",
    parameters: { ...size, rounds },
    checks: [
      "Every member was told of everybody who came to its channel after it, and of nobody else's channel.",
    ],
    leftOut: field.leftOut,
    rows: field.servers.map(({ name }) => {
      const own = samples.get(name) ?? [];
      const figure = (of: (sample: Sample) => number): Spread => spreadOf(own.map(of));
      return {
        name,
        figures: {
          "RSS bytes/member": figure((sample) => sample.bytesPerMember),
          "open us": figure((sample) => sample.openMicros),
          "at rest us/member/min": figure((sample) => sample.restMicrosPerMemberMinute),
        },
        remark: server(name, field.servers).tellsMembers ? "" : "tells nobody anything",
      };
    }),
    comparisons: drawable(comparisonsOf(samples)),
  };
}

function server(name: string, servers: readonly Server[]): Server {
  const found = servers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`Nobody called ${name} took part.`);
  return found;
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

function comparisonsOf(samples: ReadonlyMap<string, readonly Sample[]>): Comparison[] {
  const limits = [
    { other: "bare bun", limit: 2 },
    { other: "Socket.IO on node", limit: 0.25 },
    { other: "centrifuge", limit: 0.5 },
  ].filter(({ other }) => samples.has(other));
  return [...samples.keys()]
    .filter((name) => name.startsWith("hereabouts"))
    .flatMap((name) =>
      limits.map(({ other, limit }): Comparison => {
        const theirs = samples.get(other) ?? [];
        const ratios = (samples.get(name) ?? []).map(
          (sample, round) => sample.bytesPerMember / (theirs[round] ?? sample).bytesPerMember,
        );
        return {
          name: `RSS per member, ${name} / ${other}`,
          value: spreadOf(ratios),
          wanted: name === "hereabouts on bun, stream" ? { relation: "at most", limit } : undefined,
        };
      }),
    );
}
