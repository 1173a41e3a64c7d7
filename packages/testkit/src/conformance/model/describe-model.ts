/** Random steps, done to an engine and to a plain model: whatever happens, nobody can tell them apart. */
import fc from "fast-check";
import { describe, test } from "vitest";
import type { EngineTraits, OpenEngine } from "../bench.ts";
import { stepArbitraries } from "./commands.ts";
import { ModelWorld, RealWorld } from "./world.ts";

/** How long to look. */
export interface ModelOptions {
  /** Sequences of steps to try. */
  readonly runs: number;
  /** The most steps in one. Default 120. */
  readonly stepsMax?: number;
  /** The dice. Default: the same every time. */
  readonly seed?: number;
}

/** Describes that an engine does what the model foretells, under random steps. */
export function describeEngineModel(
  name: string,
  open: OpenEngine,
  { keeps, runs, stepsMax = 120, seed = 20_260_101 }: EngineTraits & ModelOptions,
): void {
  describe(`the ${name} engine under random steps`, () => {
    test("cannot be told from the model", { timeout: 120_000 }, async () => {
      const steps = fc.commands(stepArbitraries(keeps === "everything"), {
        maxCommands: stepsMax,
        size: "max",
      });
      await fc.assert(
        fc.asyncProperty(steps, (sequence) => runSteps(open, sequence)),
        { seed, numRuns: runs },
      );
    });
  });
}

async function runSteps(open: OpenEngine, steps: Parameters<typeof fc.asyncModelRun>[1]): Promise<void> {
  const model = new ModelWorld();
  const real = new RealWorld(open);
  await real.open(model.now);
  try {
    await fc.asyncModelRun(
      () => ({ model, real }),
      steps as Iterable<fc.AsyncCommand<ModelWorld, RealWorld>>,
    );
    for (const reader of model.readers) await real.drain(reader, model);
  } finally {
    await real.close(model.now);
  }
}
