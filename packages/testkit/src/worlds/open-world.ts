/** Opens a world of a kind. */
import { openMemoryWorld, openRedisWorld } from "./memory-world.ts";
import { endRedisGround } from "./redis-ground.ts";
import { endServerChildren, openSocketWorld } from "./socket-world.ts";
import { overStreams } from "./stream-transport.ts";
import type { World, WorldKind, WorldOptions } from "./world.ts";

/** Opens a world with a fresh service, keyset, clock and port. It must be closed. */
export async function openWorld(kind: WorldKind, options: WorldOptions = {}): Promise<World> {
  const world = await open(kind, options);
  return options.transport === "stream" ? overStreams(world) : world;
}

function open(kind: WorldKind, options: WorldOptions): Promise<World> {
  if (kind === "memory") return openMemoryWorld(options);
  return kind === "redis" ? openRedisWorld(options) : openSocketWorld(kind, options);
}

/** Ends what the worlds of this file stood on: server processes, Redis. */
export async function endWorlds(): Promise<void> {
  await Promise.all([endServerChildren(), endRedisGround()]);
}
