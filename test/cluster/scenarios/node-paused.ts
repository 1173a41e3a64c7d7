/**
 * A node stands still for 15 s, its connections open, and goes on as if nothing had been.
 *
 * Who polls keeps its seat by heartbeats, which reach other nodes. A stream's seat is renewed by its node alone: it times
 * out within the time that seats outlast a node, 10 s, unless its client goes elsewhere before. So a client that would keep
 * its seat has to notice, and nothing tells it but silence: one of ours asks for a sign of life (a ping) after a fifth of
 * that time without a word, waits as long for the answer, and opens another stream from its cursor. Then nobody is
 * announced as gone, and the node that goes on finds closed streams whose seats are others' by then.
 */
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
  quick: [],
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
