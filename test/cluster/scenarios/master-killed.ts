/** A master of the Redis Cluster is killed; its replica takes over. */
import { redisForgets, type Scenario } from "../support/scenario.ts";

/** SIGKILL of a redis-server, and the failover that follows. */
export const masterKilled: Scenario = {
  name: "master-killed",
  title: "A master of the Redis Cluster is killed; its replica takes over",
  topology: "cluster",
  crowding: "all nodes",
  // What a master had acknowledged and not yet replicated is lost; a new epoch has to say so.
  allowance: redisForgets,
  quick: [],
  async inject({ store, truth, churn }) {
    const from = Date.now();
    const churning = churn();
    await store.failOver();
    const to = Date.now();
    truth.allowFor({ from, to, extends: "everybody" });
    await churning;
    return { from, to };
  },
};
