/** B1: what a heartbeat costs, beside the runtime's own HTTP server answering the same bytes. */

import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { capture, check, hereNow } from "../ask.ts";
import type { BareAnswer } from "../bare/answers.ts";
import { type Bench, type Comparison, drawable, type SuiteResult } from "../bench.ts";
import {
  contest,
  type Entrant,
  type Rules,
  rateRatioOf,
  ratioOf,
  rowOf,
  type Standing,
  standingOf,
} from "../contest.ts";
import { launch, type Running } from "../launch.ts";
import type { Plan } from "../load/messages.ts";
import { buildRequest, channelName, channelsOfUser, heartbeatTarget, userName } from "../load/requests.ts";

const wantedRatio = 0.7;

/** Runs the suite. */
export async function heartbeats(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick ? { users: 200, channels: 10 } : { users: 10_000, channels: 500 };
  const rules: Rules = bench.isQuick
    ? { rounds: 1, connections: 16, warmUpMs: 200, measureMs: 400 }
    : { rounds: 5, connections: 64, warmUpMs: 2_000, measureMs: 4_000 };
  const plan: Plan = { kind: "heartbeats", ...size };
  const target = heartbeatTarget(channelName(1), userName(1));

  const entrants: Entrant[] = [];
  for (const runtime of bench.runtimes) {
    const answer = await learn(runtime, target);
    entrants.push(ours(bench, runtime, plan), bare(runtime, plan, answer));
  }
  const standings = await contest(bench, entrants, rules);
  return {
    suite: "heartbeats",
    about: "Heartbeats that renew a seat, over keep-alive connections without pipelining.",
    parameters: { ...size, ...rules, requestBytes: buildRequest(target, 65_535).length },
    checks: [`Here now of all ${size.channels} channels shows exactly the users that sent heartbeats.`],
    rows: standings.map(rowOf),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, standings))),
  };
}

function ours(bench: Bench, runtime: Runtime, plan: Extract<Plan, { kind: "heartbeats" }>): Entrant {
  return {
    name: `hereabouts on ${runtime}`,
    subject: { kind: "hereabouts", runtime },
    load: { plan, beside: undefined },
    prepare: async (running) => {
      // Every seat is taken once beforehand: what is measured are renewals.
      await bench.load.run<"each">({ kind: "each", port: running.port, plan, connections: 64 });
    },
    verify: (running) => verifyRosters(running, plan),
  };
}

function bare(runtime: Runtime, plan: Plan, answer: BareAnswer): Entrant {
  return {
    name: `bare ${runtime}`,
    subject: { kind: "bare", runtime, orders: { answer, hold: undefined } },
    load: { plan, beside: undefined },
    prepare: async () => {},
    verify: async () => {},
  };
}

async function learn(runtime: Runtime, target: string): Promise<BareAnswer> {
  const running = await launch({ kind: "hereabouts", runtime });
  try {
    const answer = await capture(running.port, target);
    check(answer.status === 200, `a heartbeat is answered ${answer.status}: ${answer.body}`);
    return answer;
  } finally {
    await running.stop();
  }
}

async function verifyRosters(
  running: Running,
  plan: { readonly users: number; readonly channels: number },
): Promise<void> {
  const expected = Array.from({ length: plan.channels }, () => new Set<string>());
  for (let user = 0; user < plan.users; user++)
    for (const channel of channelsOfUser(user, plan.channels)) expected[channel]?.add(userName(user));
  for (const [channel, users] of expected.entries()) {
    const seen = await hereNow(running.port, channelName(channel));
    check(seen.occupancy === users.size, `${channelName(channel)} has ${seen.occupancy}, not ${users.size}`);
    check(
      seen.users.length === users.size && seen.users.every((user) => users.has(user)),
      `${channelName(channel)} shows other users than those that sent heartbeats`,
    );
  }
}

function comparisonsOf(runtime: Runtime, standings: readonly Standing[]): Comparison[] {
  const own = standingOf(standings, `hereabouts on ${runtime}`);
  const base = standingOf(standings, `bare ${runtime}`);
  return [
    {
      name: `CPU per request, bare ${runtime} / hereabouts on ${runtime}`,
      value: ratioOf(base, own),
      wanted: runtime === "bun" ? { relation: "at least", limit: wantedRatio } : undefined,
    },
    {
      name: `requests/s, hereabouts on ${runtime} / bare ${runtime}`,
      value: rateRatioOf(own, base),
      wanted: undefined,
    },
  ];
}
