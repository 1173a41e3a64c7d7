/** The wire between nodes and Redis is broken for 10 s: for one node or for all, by resets or by silence. */
import { nothingLost, type Scenario } from "../support/scenario.ts";
import type { Stage } from "../support/stage.ts";
import { lasting } from "../support/until.ts";

const awayMs = 10_000;

/** One node's connections to Redis are reset, and refused for 10 s. */
export const redisCut: Scenario = {
  name: "redis-cut",
  title: "One node is cut off from Redis for 10 s (connections reset)",
  ...{ topology: "single", crowding: "all nodes", allowance: nothingLost, quick: ["poll"] },
  inject: (stage) => breakWires(stage, [0], "cut"),
};

/** One node's connections to Redis carry nothing for 10 s, and nobody says so. */
export const redisSilent: Scenario = {
  name: "redis-silent",
  title: "One node hears nothing of Redis for 10 s (packets lost)",
  ...{ topology: "single", crowding: "all nodes", allowance: nothingLost, quick: [] },
  inject: (stage) => breakWires(stage, [0], "silence"),
};

/** All nodes are cut off from Redis for longer than users' presence timeout. */
export const redisAway: Scenario = {
  name: "redis-away",
  title: "All nodes are cut off from Redis for 10 s, users time out after 8 s",
  ...{ topology: "single", crowding: "all nodes", allowance: nothingLost, quick: [], timeoutSeconds: 8 },
  inject: (stage) => breakWires(stage, [...Array(stage.fleet.size).keys()], "cut"),
};

async function breakWires(
  { store, truth, churn, fleet }: Stage,
  nodes: readonly number[],
  how: "cut" | "silence",
): Promise<{ readonly from: number; readonly to: number }> {
  const from = Date.now();
  // While only some nodes are cut off, the others keep time; what lay about at a cut node may come late.
  const moves = nodes.length === fleet.size ? "everybody" : "uncertain";
  truth.allowFor({ from, to: from + awayMs, extends: moves });
  for (const node of nodes) store.wire(node)[how]();
  const churning = churn();
  await lasting(awayMs);
  for (const node of nodes) store.wire(node).restore();
  const to = Date.now();
  truth.allowFor({ from, to, extends: moves });
  await churning;
  return { from, to };
}
