/**
 * A node is killed with every user's poll or stream on it. With streams the node was the one who renewed their seats: those
 * who come back elsewhere keep theirs, and some do not come back. Their seats time out, each once.
 */
import { nothingLost, type Scenario } from "../support/scenario.ts";

/** SIGKILL. */
export const nodeKilled: Scenario = {
  name: "node-killed",
  title: "A node is killed (SIGKILL) that holds every poll or stream",
  topology: "cluster",
  crowding: "first node",
  allowance: nothingLost,
  quick: ["poll", "stream"],
  async inject({ fleet, churn, crowd, options }) {
    if (options.transport === "stream")
      await crowd.order({ kind: "desert", count: Math.ceil(options.size.users / 50) });
    const from = Date.now();
    const churning = churn();
    await fleet.kill(0);
    const to = Date.now();
    await churning;
    return { from, to };
  },
};
