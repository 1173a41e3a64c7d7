/** Time (wire specification § 3): where everything is that has been given out, also when the clock is behind it. */
import { EngineError } from "@hereabouts/core";
import { type OutcomeOf, type Result, success, type Timetoken, timetokenAt } from "@hereabouts/protocol";
import type { Context } from "./context.ts";

/**
 * The later of the clock's time and the engine's position. After a kill, or when the clock was set back, timetokens
 * run ahead of the clock: who polls from a time below them would see again what it has seen.
 */
export async function tellTime(context: Context): Promise<Result<OutcomeOf<"time">>> {
  const clock = timetokenAt(context.scheduler.now()) - 1n;
  const position = await positionOf(context);
  return success({ now: position > clock ? position : clock });
}

/** The engine's position, zero when there is none to be had: the time is told also while the engine is away. */
async function positionOf({ engine, keysets, scheduler }: Context): Promise<Timetoken> {
  const [keyset] = keysets.all();
  if (keyset === undefined) return 0n;
  try {
    return await engine.log.position(keyset.subscribeKey, [], scheduler.now());
  } catch (error) {
    if (error instanceof EngineError) return 0n;
    throw error;
  }
}
