/** The engine of many nodes: one presence on Redis or Valkey. */
export type { Master, RedisPort, Reply, Script, SlotRange } from "./port.ts";
