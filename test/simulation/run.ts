/** Runs seeds one after the other and reports. */
import type { Problem } from "./history.ts";
import type { EngineName, RunOptions } from "./options.ts";
import { describePlan, type Plan } from "./plan.ts";
import { failedSeeds } from "./seeds.ts";
import { type SimulationOptions, simulate } from "./simulate.ts";

const progressEvery = 20;
const problemsShown = 5;

/** Runs what the options say, in worlds opened with `opening`; resolves with how many seeds failed. */
export async function runSeeds(
  options: RunOptions,
  say: (line: string) => void,
  opening: SimulationOptions = {},
): Promise<number> {
  const { engine } = options;
  const runSeed = (seed: number, trace?: (line: string) => void): Promise<boolean> =>
    runOne(seed, { say, engine, opening: { ...opening, ...(trace && { trace }) } });
  if (options.replay !== undefined) return (await runSeed(options.replay, say)) ? 0 : 1;
  const range = Array.from({ length: options.seeds }, (_, index) => options.from + index);
  const seeds = [...new Set([...failedSeeds, ...range])];
  const failed: number[] = [];
  for (const [index, seed] of seeds.entries()) {
    if (!(await runSeed(seed))) failed.push(seed);
    if ((index + 1) % progressEvery === 0 || index + 1 === seeds.length)
      say(`${index + 1} of ${seeds.length} seeds, ${failed.length} failed`);
  }
  if (failed.length > 0) say(`Failed: ${failed.join(" ")}`);
  return failed.length;
}

interface Running {
  readonly say: (line: string) => void;
  readonly engine: EngineName;
  readonly opening: SimulationOptions;
}

async function runOne(seed: number, { say, engine, opening }: Running): Promise<boolean> {
  try {
    const { plan, problems, history } = await simulate(seed, opening);
    if (opening.trace !== undefined) {
      say(`seed=${seed}: ${describePlan(plan)}`);
      say(
        `${history.requests.length} requests, ${history.entries.length} events, ${history.verbs.length} verbs`,
      );
    }
    if (problems.length === 0) return true;
    for (const line of reportOf(plan, problems, engine)) say(line);
  } catch (error) {
    say(`seed=${seed} broke down: ${error instanceof Error ? error.stack : String(error)}`);
    say(replayLine(seed, engine));
  }
  return false;
}

/** What is wrong with a seed, and how to see it again. */
export function reportOf(
  plan: Plan,
  problems: readonly Problem[],
  engine: EngineName = "embedded",
): readonly string[] {
  const [first] = problems;
  return [
    `seed=${plan.seed} step=${first?.step} failed with ${problems.length} problems (${describePlan(plan)})`,
    ...problems
      .slice(0, problemsShown)
      .map(({ checker, step, message }) => `  step=${step} ${checker}: ${message}`),
    replayLine(plan.seed, engine),
  ];
}

/** How to see a seed again. */
export function replayLine(seed: number, engine: EngineName): string {
  return `  replay it with: npm run sim -- ${engine === "redis" ? "--engine redis " : ""}--seed ${seed}`;
}
