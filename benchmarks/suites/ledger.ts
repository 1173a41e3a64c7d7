/** B7: the ledger by itself, beside a map of maps with a timing wheel. */

import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { runtimeArguments } from "../../packages/cli/bin/runtime.mjs";
import { type Runtime, runtimePath } from "../../packages/testkit/src/runtimes.ts";
import { check } from "../ask.ts";
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { pinned } from "../launch.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "../rounds.ts";
import type { Spread } from "../statistics.ts";

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
    ? { seats: 20_000, channels: 400, renewals: 50_000 }
    : { seats: 1_000_000, channels: 20_000, renewals: 1_000_000 };
  const entrants = bench.runtimes.flatMap((runtime) => [
    { name: `ledger on ${runtime}`, kind: "ledger", runtime },
    { name: `map of maps on ${runtime}`, kind: "maps", runtime },
  ]);
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, entrants, {
    rounds,
    measure: async ({ name, kind, runtime }) => {
      const sample = measure(runtime, [kind, size.seats, size.channels, size.renewals].map(String));
      check(
        sample.occupancy === size.seats && sample.after === size.seats,
        `${name} has ${sample.after} seats`,
      );
      return sample;
    },
    show: (sample) =>
      `${Math.round(sample.bytesPerSeat)} bytes/seat  ${Math.round(sample.joinsPerSecond)} joins/s  ` +
      `${Math.round(sample.renewalsPerSecond)} renewals/s`,
  });
  return {
    suite: "ledger",
    about:
      "Seats in memory, in one process, without a server: bytes of heap, joins, renewals in random order.",
    parameters: { ...size, rounds },
    checks: [
      "All channels together have as many occupants as seats were taken, before and after the renewals.",
    ],
    noScores: scores.noScores,
    rows: entrants.map(({ name }) =>
      rowOfScores(scores, name, {
        "heap bytes/seat": (sample) => sample.bytesPerSeat,
        "joins/s": (sample) => sample.joinsPerSecond,
        "renewals/s": (sample) => sample.renewalsPerSecond,
      }),
    ),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, scores))),
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

function comparisonsOf(runtime: Runtime, scores: Scores<Sample>): Comparison[] {
  const ratio = (of: (sample: Sample) => number): Spread =>
    ratioOfFigures(scores, [`ledger on ${runtime}`, `map of maps on ${runtime}`], of);
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
