/** B4: what here now costs on a channel of 10,000, at rest and while people come and go. */
import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { capture, check, hereNow } from "../ask.ts";
import type { BareAnswer } from "../bare/answers.ts";
import { type Bench, type Comparison, drawable, type SuiteResult } from "../bench.ts";
import { contest, type Entrant, type Rules, ratioOf, rowOf, type Standing, standingOf } from "../contest.ts";
import { launch, type Running } from "../launch.ts";
import type { SaturateOrder } from "../load/messages.ts";
import { heartbeatTarget, leaveTarget, userName } from "../load/requests.ts";

const channel = "hall";
const newcomer = "newcomer";
const pageLimit = 1_000;
const changeEveryMs = 10;

/** A question that is measured. */
interface Question {
  readonly name: string;
  readonly target: string;
}

const base = `/v2/presence/sub-key/demo/channel/${channel}`;
const questions: readonly Question[] = [
  { name: "count", target: `${base}?disable_uuids=1&uuid=asker&requestid=5b3c1f0e&pnsdk=bench%2F1` },
  {
    name: "page of 1000",
    target: `${base}?limit=${pageLimit}&uuid=asker&requestid=5b3c1f0e&pnsdk=bench%2F1`,
  },
];

/** Runs the suite. */
export async function hereNowSuite(bench: Bench): Promise<SuiteResult> {
  const users = bench.isQuick ? 1_200 : 10_000;
  const rules: Rules = bench.isQuick
    ? { rounds: 1, connections: 16, warmUpMs: 200, measureMs: 400 }
    : { rounds: 3, connections: 64, warmUpMs: 1_500, measureMs: 3_000 };
  const entrants: Entrant[] = [];
  const sizes: Record<string, number> = {};
  for (const runtime of bench.runtimes) {
    const answers = await learn(bench, runtime, users);
    for (const question of questions) {
      const answer = answers.get(question);
      if (answer === undefined) continue;
      sizes[`bodyBytes of ${question.name}`] = Buffer.byteLength(answer.body);
      entrants.push(
        ours(bench, { runtime, users, question, isChanging: false }),
        ours(bench, { runtime, users, question, isChanging: true }),
        bare(runtime, question, answer),
      );
    }
  }
  const standings = await contest(bench, entrants, rules);
  return {
    suite: "here-now",
    about: `Here now of a channel of ${users}: at rest, and with a join or leave each ${changeEveryMs} ms.`,
    parameters: { users, changeEveryMs, ...rules, ...sizes },
    checks: [
      `Pages of ${pageLimit} together show every one of the ${users} users once, before and after the load.`,
      "A count has the occupancy and no users.",
      "After joins and leaves the occupancy is right again.",
    ],
    rows: standings.map(rowOf),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, standings))),
  };
}

interface Case {
  readonly runtime: Runtime;
  readonly users: number;
  readonly question: Question;
  readonly isChanging: boolean;
}

function nameOf({ runtime, question, isChanging }: Omit<Case, "users">): string {
  return `${question.name}, ${isChanging ? "changing" : "at rest"}, hereabouts on ${runtime}`;
}

function ours(bench: Bench, one: Case): Entrant {
  const beside: SaturateOrder["beside"] = one.isChanging
    ? {
        targets: [heartbeatTarget(channel, newcomer), leaveTarget(channel, newcomer)],
        everyMs: changeEveryMs,
      }
    : undefined;
  return {
    name: nameOf(one),
    subject: { kind: "hereabouts", runtime: one.runtime },
    load: { plan: { kind: "repeat", target: one.question.target }, beside },
    prepare: async (running) => {
      await fill(bench, running, one.users);
      await verifyRoster(running, one.users);
    },
    verify: async (running) => {
      // The last join may have had no leave yet.
      await capture(running.port, leaveTarget(channel, newcomer));
      await verifyRoster(running, one.users);
    },
  };
}

function bare(runtime: Runtime, question: Question, answer: BareAnswer): Entrant {
  return {
    name: `${question.name}, bare ${runtime}`,
    subject: { kind: "bare", runtime, orders: { answer, hold: undefined } },
    load: { plan: { kind: "repeat", target: question.target }, beside: undefined },
    prepare: async () => {},
    verify: async () => {},
  };
}

async function fill(bench: Bench, running: Running, users: number): Promise<void> {
  const plan = { kind: "fill", channel, users } as const;
  await bench.load.run<"each">({ kind: "each", port: running.port, plan, connections: 32 });
}

async function learn(bench: Bench, runtime: Runtime, users: number): Promise<Map<Question, BareAnswer>> {
  const running = await launch({ kind: "hereabouts", runtime });
  try {
    await fill(bench, running, users);
    await verifyRoster(running, users);
    const answers = new Map<Question, BareAnswer>();
    for (const question of questions) answers.set(question, await capture(running.port, question.target));
    return answers;
  } finally {
    await running.stop();
  }
}

async function verifyRoster(running: Running, users: number): Promise<void> {
  const seen: string[] = [];
  for (let offset = 0; offset < users; offset += pageLimit) {
    const page = await hereNow(running.port, channel, `&limit=${pageLimit}&offset=${offset}`);
    check(page.occupancy === users, `the occupancy is ${page.occupancy}, not ${users}`);
    seen.push(...page.users);
  }
  const expected = new Set(Array.from({ length: users }, (_, user) => userName(user)));
  check(seen.length === users, `the pages show ${seen.length} users, not ${users}`);
  check(new Set(seen).size === users, "a user is on two pages");
  check(
    seen.every((user) => expected.has(user)),
    "the pages show somebody who is not there",
  );
  const count = await hereNow(running.port, channel, "&disable_uuids=1");
  check(count.occupancy === users && count.users.length === 0, "the count is wrong or lists users");
}

function comparisonsOf(runtime: Runtime, standings: readonly Standing[]): Comparison[] {
  return questions.flatMap((question) =>
    [false, true].map((isChanging): Comparison => {
      const own = standingOf(standings, nameOf({ runtime, question, isChanging }));
      const base = standingOf(standings, `${question.name}, bare ${runtime}`);
      return {
        name: `CPU per request, ${base.entrant.name} / ${own.entrant.name}`,
        value: ratioOf(base, own),
        wanted: undefined,
      };
    }),
  );
}
