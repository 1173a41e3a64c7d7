/** Which of the engine's failures pass. */
import { EngineError } from "@hereabouts/core";

/** Whether the engine may well do later what it could not do now. */
export function isAway(error: unknown): boolean {
  return error instanceof EngineError && error.code !== "corrupt";
}
