/** A node stands still for 15 s, its connections open, and goes on as if nothing had been. */
import { nothingLost, type Scenario } from "../support/scenario.ts";
import { lasting } from "../support/until.ts";

const pauseMs = 15_000;

/** SIGSTOP, SIGCONT. */
export const nodePaused: Scenario = {
  name: "node-paused",
  title: "A node stands still for 15 s (SIGSTOP) and goes on",
  topology: "cluster",
  crowding: "all nodes",
  allowance: nothingLost,
  isQuick: false,
  async inject({ fleet, truth, churn }) {
    const from = Date.now();
    // Requests of users who have gone may lie in the node's sockets until it goes on.
    truth.allowFor({ from, to: from + pauseMs, extends: "uncertain" });
    fleet.pause(0);
    const churning = churn();
    await lasting(pauseMs);
    fleet.resume(0);
    const to = Date.now();
    truth.allowFor({ from, to, extends: "uncertain" });
    await churning;
    return { from, to };
  },
};
