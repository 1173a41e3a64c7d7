/** B7: the ledger by itself, beside a map of maps with a timing wheel. */

import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { runtimeArguments } from "../../packages/cli/bin/runtime.mjs";
import { type Runtime, runtimePath } from "../../packages/testkit/src/runtimes.ts";
import { check } from "../ask.ts";
import { type Bench, type Comparison, drawable, type SuiteResult, shuffled } from "../bench.ts";
import { pinned } from "../launch.ts";
import { type Spread, spreadOf } from "../statistics.ts";

const root = resolve(import.meta.dirname, "../..");

interface Sample {
  readonly bytesPerSeat: number;
  readonly joinsPerSecond: number;
  readonly renewalsPerSecond: number;
  readonly occupancy: number;
  readonly after: number;
}

/** Runs the suite. */
export async function ledgerSuite(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick
    ? { seats: 20_000, channels: 400, renewals: 50_000, rounds: 1 }
    : { seats: 1_000_000, channels: 20_000, renewals: 1_000_000, rounds: 5 };
  const entrants = bench.runtimes.flatMap((runtime) => [
    { name: `ledger on ${runtime}`, kind: "ledger", runtime },
    { name: `map of maps on ${runtime}`, kind: "maps", runtime },
  ]);
  const samples = new Map<string, Sample[]>(entrants.map(({ name }) => [name, []]));
  const rounds = bench.rounds ?? size.rounds;
  for (let round = 1; round <= rounds; round++) {
    for (const { name, kind, runtime } of shuffled(entrants, randomInt)) {
      const sample = measure(runtime, [kind, size.seats, size.channels, size.renewals].map(String));
      check(
        sample.occupancy === size.seats && sample.after === size.seats,
        `${name} has ${sample.after} seats`,
      );
      samples.get(name)?.push(sample);
      bench.say(
        `  round ${round}/${rounds}  ${name.padEnd(22)} ${Math.round(sample.bytesPerSeat)} bytes/seat  ` +
          `${Math.round(sample.joinsPerSecond)} joins/s  ${Math.round(sample.renewalsPerSecond)} renewals/s`,
      );
    }
  }
  return {
    suite: "ledger",
    about:
      "Seats in memory, in one process, without a server: bytes of heap, joins, renewals in random order.",
    parameters: { ...size, rounds },
    checks: [
      "All channels together have as many occupants as seats were taken, before and after the renewals.",
    ],
    rows: entrants.map(({ name }) => {
      const own = samples.get(name) ?? [];
      const figure = (of: (sample: Sample) => number): Spread => spreadOf(own.map(of));
      return {
        name,
        figures: {
          "heap bytes/seat": figure((sample) => sample.bytesPerSeat),
          "joins/s": figure((sample) => sample.joinsPerSecond),
          "renewals/s": figure((sample) => sample.renewalsPerSecond),
        },
        remark: "",
      };
    }),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, samples))),
  };
}

function measure(runtime: Runtime, args: readonly string[]): Sample {
  const preload = runtime === "node" ? ["--expose-gc"] : [];
  const start = runtimeArguments(runtime, "benchmarks/ledger/measure.ts");
  const [file = "", ...rest] = pinned("server", [runtimePath(runtime), ...preload, ...start, ...args]);
  const sample: Sample = JSON.parse(
    execFileSync(file, rest, { cwd: root, encoding: "utf8", timeout: 120_000 }),
  );
  return sample;
}

function comparisonsOf(runtime: Runtime, samples: ReadonlyMap<string, readonly Sample[]>): Comparison[] {
  const bare = samples.get(`map of maps on ${runtime}`) ?? [];
  const ratio = (of: (sample: Sample) => number): Spread =>
    spreadOf(
      (samples.get(`ledger on ${runtime}`) ?? []).map(
        (sample, round) => of(sample) / of(bare[round] ?? sample),
      ),
    );
  return [
    {
      name: `heap bytes per seat, ledger / map of maps on ${runtime}`,
      value: ratio((sample) => sample.bytesPerSeat),
      wanted: { relation: "at most", limit: 1.5 },
    },
    {
      name: `renewals/s, ledger / map of maps on ${runtime}`,
      value: ratio((sample) => sample.renewalsPerSecond),
      wanted: { relation: "at least", limit: 0.6 },
    },
    {
      name: `joins/s, ledger / map of maps on ${runtime}`,
      value: ratio((sample) => sample.joinsPerSecond),
      wanted: undefined,
    },
  ];
}
