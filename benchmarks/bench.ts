/** What every suite is given, and what it gives back. */
import type { Runtime } from "../packages/testkit/src/runtimes.ts";
import type { LoadProcess } from "./load-process.ts";
import type { Spread } from "./statistics.ts";

/** What a suite works with. */
export interface Bench {
  readonly load: LoadProcess;
  readonly runtimes: readonly Runtime[];
  /** A run that only shows that everything works: small numbers, short times, figures without meaning. */
  readonly isQuick: boolean;
  /** Rounds instead of the usual number; `undefined` leaves that alone. */
  readonly rounds: number | undefined;
  /** Why there is no redis-server, as a clause; `undefined` when there is one. */
  readonly redisProblem: string | undefined;
  /** Tells whoever watches how far the run is. */
  say(line: string): void;
}

/** Rounds of a full run. */
const usualRounds = 5;

/** How many rounds a suite has: five, one in a quick run, or as many as were asked for. */
export function roundsOf({ rounds, isQuick }: Bench): number {
  return rounds ?? (isQuick ? 1 : usualRounds);
}

/** One figure set beside another. Missing what was wanted fails nothing: the result says so. */
export interface Comparison {
  readonly name: string;
  readonly value: Spread;
  readonly wanted: { readonly relation: "at least" | "at most"; readonly limit: number } | undefined;
}

/** What a suite found out. */
export interface SuiteResult {
  readonly suite: string;
  readonly about: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** What was found right before anything was measured or after. */
  readonly checks: readonly string[];
  /** Who gave a wrong answer in which round, and so has no score for it. */
  readonly noScores?: readonly string[];
  /** Who or what did not take part, and why. */
  readonly leftOut?: readonly string[];
  readonly rows: readonly Row[];
  readonly comparisons: readonly Comparison[];
}

/** One line of a suite's table. A figure that a row has not is left blank. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, Spread>>;
  readonly remark: string;
}

/** Whether a comparison came out as wanted; `undefined` when nothing was. */
export function isMet(comparison: Comparison): boolean | undefined {
  const { value, wanted } = comparison;
  if (wanted === undefined) return undefined;
  return wanted.relation === "at least" ? value.median >= wanted.limit : value.median <= wanted.limit;
}

/** The comparisons that can be drawn: a quick run may have seen too little to divide by. */
export function drawable(comparisons: readonly Comparison[]): readonly Comparison[] {
  return comparisons.filter(({ value }) => value.samples.length > 0 && value.samples.every(Number.isFinite));
}

/** An array in random order. */
export function shuffled<Item>(items: readonly Item[], below: (limit: number) => number): Item[] {
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = below(index + 1);
    const [a, b] = [mixed[index], mixed[other]];
    if (a === undefined || b === undefined) continue;
    mixed[index] = b;
    mixed[other] = a;
  }
  return mixed;
}
