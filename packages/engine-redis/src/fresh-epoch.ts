/** Names for new lives of partitions. */
import type { EngineContext } from "./context.ts";

let epochs = 0;

/** A name that no life of any partition had, on any node. Scripts take it where they find none. */
export function freshEpoch(context: EngineContext): string {
  epochs += 1;
  return `${context.epoch}-${epochs.toString(36)}`;
}
