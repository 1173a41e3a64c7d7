/** Tests of a share of the seeds: vitest runs its files side by side, so each of several files takes one. */
import { expect, test } from "vitest";
import { seedsDefault } from "./options.ts";
import { reportOf } from "./run.ts";
import { failedSeeds } from "./seeds.ts";
import { simulate } from "./simulate.ts";

/** In how many shares the seeds are dealt out. */
export const shares = 2;

/** Every seed that is run on a build server: those that have failed once first. */
export const seeds: readonly number[] = [
  ...new Set([...failedSeeds, ...Array.from({ length: seedsDefault }, (_, index) => index + 1)]),
];

/** Declares a test for each seed of a share, 0 to `shares - 1`. */
export function testShare(share: number): void {
  test.each(seeds.filter((_, index) => index % shares === share))("seed %i", async (seed) => {
    const { plan, problems } = await simulate(seed);

    expect(problems.length === 0 ? "all is right" : reportOf(plan, problems).join("\n")).toBe("all is right");
  });
}
