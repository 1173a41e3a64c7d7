/** A node is killed with every user's poll on it. */
import { nothingLost, type Scenario } from "../support/scenario.ts";

/** SIGKILL. */
export const nodeKilled: Scenario = {
  name: "node-killed",
  title: "A node is killed (SIGKILL) that holds every poll",
  topology: "cluster",
  crowding: "first node",
  allowance: nothingLost,
  isQuick: true,
  async inject({ fleet, churn }) {
    const from = Date.now();
    const churning = churn();
    await fleet.kill(0);
    const to = Date.now();
    await churning;
    return { from, to };
  },
};
