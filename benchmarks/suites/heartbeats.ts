/** B1: what a heartbeat costs, beside the runtime's own HTTP server answering the same bytes. */

import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { capture, check, hereNow } from "../ask.ts";
import type { BareAnswer } from "../bare/answers.ts";
import { type Bench, type Comparison, drawable, roundsOf, type SuiteResult } from "../bench.ts";
import { contest, type Entrant, type Rules, rateRatioOf, ratioOf, rowOf } from "../contest.ts";
import { launch, type Running } from "../launch.ts";
import type { Plan, SaturateReport } from "../load/messages.ts";
import { buildRequest, channelName, channelsOfUser, heartbeatTarget, userName } from "../load/requests.ts";
import { naiveName, startNaive } from "../peers.ts";
import type { Scores } from "../rounds.ts";

const wantedRatio = 0.7;

/** Runs the suite. */
export async function heartbeats(bench: Bench): Promise<SuiteResult> {
  const size = bench.isQuick ? { users: 200, channels: 10 } : { users: 10_000, channels: 500 };
  const rules: Rules = bench.isQuick
    ? { rounds: roundsOf(bench), connections: 16, warmUpMs: 200, measureMs: 400 }
    : { rounds: roundsOf(bench), connections: 64, warmUpMs: 1_000, measureMs: 2_500 };
  const plan: Plan = { kind: "heartbeats", ...size };
  const target = heartbeatTarget(channelName(1), userName(1));

  const entrants: Entrant[] = [];
  for (const runtime of bench.runtimes) {
    const answer = await learn(runtime, target);
    entrants.push(ours(bench, runtime, plan), bare(runtime, plan, answer));
  }
  const { redisProblem } = bench;
  if (redisProblem === undefined) entrants.push(naive(bench, plan));
  const scores = await contest(bench, entrants, rules);
  return {
    suite: "heartbeats",
    about: "Heartbeats that renew a seat, over keep-alive connections without pipelining.",
    parameters: { ...size, ...rules, requestBytes: buildRequest(target, 65_535).length },
    checks: [`Here now of all ${size.channels} channels shows exactly the users that sent heartbeats.`],
    noScores: scores.noScores,
    leftOut: redisProblem === undefined ? [] : [`${naiveName}: ${redisProblem}.`],
    rows: entrants.map(({ name }) => rowOf(scores, name)),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, scores))),
  };
}

function ours(bench: Bench, runtime: Runtime, plan: Extract<Plan, { kind: "heartbeats" }>): Entrant {
  return {
    name: `hereabouts on ${runtime}`,
    start: () => launch({ kind: "hereabouts", runtime }),
    ...seated(bench, plan),
  };
}

/** The presence by hand on Redis. Its Redis is on the load's core, and not in its figures. */
function naive(bench: Bench, plan: Extract<Plan, { kind: "heartbeats" }>): Entrant {
  return { name: naiveName, start: startNaive, isBoundElsewhere: true, ...seated(bench, plan) };
}

function seated(
  bench: Bench,
  plan: Extract<Plan, { kind: "heartbeats" }>,
): Pick<Entrant, "load" | "prepare" | "verify"> {
  return {
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
    start: () => launch({ kind: "bare", runtime, orders: { answer, hold: undefined } }),
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

function comparisonsOf(runtime: Runtime, scores: Scores<SaturateReport>): Comparison[] {
  const own = `hereabouts on ${runtime}`;
  const base = `bare ${runtime}`;
  return [
    {
      name: `CPU per request, bare ${runtime} / hereabouts on ${runtime}`,
      value: ratioOf(scores, base, own),
      wanted: runtime === "bun" ? { relation: "at least", limit: wantedRatio } : undefined,
    },
    {
      name: `requests/s, hereabouts on ${runtime} / bare ${runtime}`,
      value: rateRatioOf(scores, own, base),
      wanted: undefined,
    },
    {
      name: `CPU per request, ${naiveName} / hereabouts on ${runtime}`,
      value: ratioOf(scores, naiveName, own),
      wanted: undefined,
    },
  ];
}
