/** Redis dies and comes back with nothing in it. */
import { redisForgets, type Scenario } from "../support/scenario.ts";

const awayMs = 1_000;

/** SIGKILL of the only redis-server, which keeps nothing on disk. */
export const redisEmptied: Scenario = {
  name: "redis-emptied",
  title: "Redis dies and is back a second later, empty",
  topology: "single",
  crowding: "all nodes",
  allowance: redisForgets,
  quick: ["poll"],
  async inject({ store, truth, churn }) {
    const from = Date.now();
    const churning = churn();
    await store.empty(awayMs);
    const to = Date.now();
    truth.allowFor({ from, to, extends: "everybody" });
    await churning;
    return { from, to };
  },
};
