/** Every node is asked to stop and started again, one after the other, under load. */
import { nothingLost, type Scenario } from "../support/scenario.ts";
import { until } from "../support/until.ts";

/** SIGTERM and a new process, three times. */
export const rollingRestart: Scenario = {
  name: "rolling-restart",
  title: "Rolling restart of all nodes (SIGTERM) under load",
  topology: "cluster",
  crowding: "all nodes",
  allowance: nothingLost,
  quick: ["poll", "stream"],
  async inject({ fleet, balancer, churn, options }) {
    const from = Date.now();
    const problems: string[] = [];
    const drains: number[] = [];
    for (let node = 0; node < fleet.size; node += 1) {
      const churning = churn();
      const stoppedAt = Date.now();
      const exit = await fleet.stop(node);
      drains.push(Date.now() - stoppedAt);
      if (exit.code !== 0) problems.push(`node ${node} ended with ${JSON.stringify(exit)}`);
      await fleet.start(node);
      await until("The readiness of all nodes", 30_000, () =>
        balancer.ready().length === fleet.size ? true : undefined,
      );
      await churning;
      options.say(`node ${node} is new`);
    }
    const { brokenOff, turnedAway } = balancer.traffic();
    if (brokenOff + turnedAway > 0)
      problems.push(`${brokenOff} requests were broken off, ${turnedAway} turned away`);
    return { from, to: Date.now(), problems, remark: `drained in ${drains.join(", ")} ms` };
  },
};
