/** Opens a world of a kind. */
import { openMemoryWorld } from "./memory-world.ts";
import { endServerChildren, openSocketWorld } from "./socket-world.ts";
import type { World, WorldKind, WorldOptions } from "./world.ts";

/** Opens a world with a fresh service, keyset, clock and port. It must be closed. */
export function openWorld(kind: WorldKind, options: WorldOptions = {}): Promise<World> {
  return kind === "memory" ? openMemoryWorld(options) : openSocketWorld(kind, options);
}

export { endServerChildren as endWorlds };
