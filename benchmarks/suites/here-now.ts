/** B4: a channel of 100,000: everybody joins, then it is counted and paged while people come and go. */
import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { askJson, capture, check } from "../ask.ts";
import type { BareAnswer } from "../bare/answers.ts";
import { type Bench, type Comparison, drawable, type Row, roundsOf, type SuiteResult } from "../bench.ts";
import { launch, type Running, type Subject } from "../launch.ts";
import type { Plan, SaturateOrder, SaturateReport } from "../load/messages.ts";
import { heartbeatTarget, leaveTarget, userName } from "../load/requests.ts";
import { cpuMsOf } from "../proc.ts";
import { playRounds, ratioOfFigures, rowOfScores, type Scores } from "../rounds.ts";

const channel = "hall";
const state = '{"mood":"curious","desk":12}';
const pageLimit = 1_000;
const wantedCount = 0.7;
const wantedPage = 5;

interface Size {
  readonly users: number;
  /** Users that come and go; half of them are away at any time. */
  readonly wanderers: number;
  readonly changesPerSecond: number;
  readonly pagesPerSecond: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Who is measured: ours, or the runtime's own server with answers of the same bytes. */
interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** Starts it to answer everything as ours answers one kind of question. */
  start(question: Question): Promise<Running>;
}

type Question = "join" | "count" | "page";
type Answers = Readonly<Record<Question, BareAnswer>>;

interface Sample {
  readonly join: { readonly cpuMicros: number; readonly perSecond: number };
  readonly count: SaturateReport;
  readonly page: SaturateReport;
  /** Pages at a rate that leaves the server idle most of the time. */
  readonly calm: SaturateReport;
}

const base = `/v2/presence/sub-key/demo/channel/${channel}`;
const tail = "uuid=asker&requestid=5b3c1f0e&pnsdk=bench%2F1";

/** Runs the suite. */
export async function hereNowSuite(bench: Bench): Promise<SuiteResult> {
  const size: Size = bench.isQuick
    ? {
        ...{ users: 2_000, wanderers: 40, changesPerSecond: 200, pagesPerSecond: 50 },
        ...{ connections: 16, warmUpMs: 200, measureMs: 400 },
      }
    : {
        ...{ users: 100_000, wanderers: 4_000, changesPerSecond: 1_000, pagesPerSecond: 500 },
        ...{ connections: 64, warmUpMs: 700, measureMs: 2_000 },
      };
  const contenders: Contender[] = [];
  let pageBytes = 0;
  for (const runtime of bench.runtimes) {
    const subject: Subject = { kind: "hereabouts", runtime };
    const answers = await learn(bench, subject, size);
    pageBytes = Buffer.byteLength(answers.page.body);
    contenders.push(
      { name: `hereabouts on ${runtime}`, isOurs: true, start: () => launch(subject) },
      {
        name: `bare ${runtime}`,
        isOurs: false,
        start: (question) =>
          launch({ kind: "bare", runtime, orders: { answer: answers[question], hold: undefined } }),
      },
    );
  }
  const rounds = roundsOf(bench);
  const scores = await playRounds(bench, contenders, {
    rounds,
    measure: (contender) => measure(bench, contender, size),
    show: (sample) =>
      `join ${sample.join.cpuMicros.toFixed(1)} us  count ${microsOf(sample.count).toFixed(1)} us  ` +
      `page ${microsOf(sample.page).toFixed(1)} us, p99 ${sample.page.latencyMs.p99.toFixed(2)} ms; ` +
      `calm p99 ${sample.calm.latencyMs.p99.toFixed(2)} ms`,
  });
  return {
    suite: "here-now",
    about:
      `A channel of ${size.users} users with states: all join; then it is counted, and read in pages of ${pageLimit}, ` +
      `while ${size.changesPerSecond} a second come and go. Calm: ${size.pagesPerSecond} pages a second and no more.`,
    parameters: { ...size, rounds, pageBytes },
    checks: [
      "Pages together show every user once, by offset and by cursor, with its state, before and after the load.",
      "A walk by pages while users come and go shows everybody who stays exactly once, by offset near enough and by cursor always.",
      "A count has the occupancy and no users.",
    ],
    noScores: scores.noScores,
    leftOut: [
      "Socket.IO and centrifuge: they give a channel's members in one piece; there are no pages to compare.",
    ],
    rows: contenders.flatMap(({ name }) => rowsOf(scores, name)),
    comparisons: drawable(bench.runtimes.flatMap((runtime) => comparisonsOf(runtime, scores))),
  };
}

async function measure(bench: Bench, contender: Contender, size: Size): Promise<Sample> {
  if (contender.isOurs) {
    const running = await contender.start("join");
    try {
      return await measureOurs(bench, running, size);
    } finally {
      await running.stop();
    }
  }
  const withServer = async <Result>(
    question: Question,
    work: (running: Running) => Promise<Result>,
  ): Promise<Result> => {
    const running = await contender.start(question);
    try {
      return await work(running);
    } finally {
      await running.stop();
    }
  };
  return {
    join: await withServer("join", (running) => fill(bench, running, size)),
    count: await withServer("count", (running) => ask(bench, running, { size, plan: countPlan })),
    ...(await withServer("page", async (running) => ({
      page: await ask(bench, running, { size, plan: pagePlan(size) }),
      calm: await ask(bench, running, { size, plan: pagePlan(size), perSecond: size.pagesPerSecond }),
    }))),
  };
}

async function measureOurs(bench: Bench, running: Running, size: Size): Promise<Sample> {
  const join = await fill(bench, running, size);
  let sent = 0;
  await verify(running, size, sent);
  const asked = async (asking: Omit<Asking, "size">): Promise<SaturateReport> => {
    const report = await ask(bench, running, { size, ...asking, from: sent });
    sent += report.besideSent;
    return report;
  };
  const count = await asked({ plan: countPlan });
  const page = await asked({ plan: pagePlan(size) });
  const calm = await asked({ plan: pagePlan(size), perSecond: size.pagesPerSecond });
  await verify(running, size, sent);
  const walking = asked({ plan: countPlan, perSecond: 1, measureMs: bench.isQuick ? 400 : 1_000 });
  await verifyWalk(running, size);
  await walking;
  return { join, count, page, calm };
}

const countPlan: Extract<Plan, { kind: "repeat" }> = {
  kind: "repeat",
  target: `${base}?disable_uuids=1&${tail}`,
};

/** All pages, in an order that jumps. */
function pagePlan({ users }: Size): Plan {
  const pages = Math.ceil(users / pageLimit);
  const stride = 37;
  const targets = Array.from({ length: pages }, (_, index) => pageTarget((index * stride) % pages));
  return { kind: "cycle", targets };
}

function pageTarget(page: number): string {
  return `${base}?limit=${pageLimit}&offset=${page * pageLimit}&state=1&${tail}`;
}

interface Asking {
  readonly size: Size;
  readonly plan: Plan;
  readonly perSecond?: number;
  /** Comings and goings sent before. */
  readonly from?: number;
  readonly measureMs?: number;
}

function ask(
  bench: Bench,
  running: Running,
  { size, plan, perSecond, from = 0, measureMs = size.measureMs }: Asking,
): Promise<SaturateReport> {
  const { connections, warmUpMs, changesPerSecond } = size;
  const changes = changesOf(size);
  const at = from % changes.length;
  const beside: SaturateOrder["beside"] = {
    targets: [...changes.slice(at), ...changes.slice(0, at)].map(({ target }) => target),
    perSecond: changesPerSecond,
  };
  return bench.load.run<"saturate">({
    ...{ kind: "saturate", port: running.port, pid: running.pid, plan, connections, warmUpMs, measureMs },
    ...(perSecond === undefined ? {} : { perSecond }),
    beside,
  });
}

interface Coming {
  readonly user: string;
  readonly isJoin: boolean;
  readonly target: string;
}

/** One that is away comes, one that is there goes, and so on, until all are where they were. */
function changesOf({ users, wanderers }: Size): readonly Coming[] {
  const names = wanderersOf({ users, wanderers });
  return names.flatMap((_, index): Coming[] => {
    const comes = names[(index + wanderers / 2) % wanderers] ?? "";
    const goes = names[index] ?? "";
    return [
      { user: comes, isJoin: true, target: heartbeatTarget(channel, comes, state) },
      { user: goes, isJoin: false, target: leaveTarget(channel, goes) },
    ];
  });
}

/** Spread over the channel, so that who goes leaves its place on any page. */
function wanderersOf({ users, wanderers }: Pick<Size, "users" | "wanderers">): readonly string[] {
  const names = Array.from({ length: wanderers / 2 }, (_, index) =>
    userName(Math.floor((index * users) / (wanderers / 2))),
  );
  // The other half is not there at first.
  return [...names, ...Array.from({ length: wanderers / 2 }, (_, index) => userName(users + index))];
}

async function fill(bench: Bench, running: Running, size: Size): Promise<Sample["join"]> {
  const { users } = size;
  const before = cpuMsOf(running.pid);
  const plan: Plan = { kind: "fill", channel, first: 0, users, state };
  const report = await bench.load.run<"each">({ kind: "each", port: running.port, plan, connections: 64 });
  return {
    cpuMicros: ((cpuMsOf(running.pid) - before) * 1_000) / users,
    perSecond: users / (report.elapsedMs / 1_000),
  };
}

async function learn(bench: Bench, subject: Subject, size: Size): Promise<Answers> {
  const running = await launch(subject);
  try {
    const join = await capture(running.port, heartbeatTarget(channel, userName(0), state));
    await fill(bench, running, size);
    const count = await capture(running.port, countPlan.target);
    const page = await capture(running.port, pageTarget(0));
    for (const answer of [join, count, page]) check(answer.status === 200, answer.body.slice(0, 200));
    return { join, count, page };
  } finally {
    await running.stop();
  }
}

interface Seen {
  readonly users: readonly string[];
  readonly occupancy: number;
  readonly next: string | undefined;
}

async function seenAt(port: number, query: string): Promise<Seen> {
  const answer = await askJson(port, `${base}?${query}&${tail}`);
  if (typeof answer !== "object" || answer === null) throw new Error("Here now is no object.");
  const { uuids = [], occupancy, next } = answer as Record<string, unknown>;
  if (!Array.isArray(uuids)) throw new Error("Here now has no list of users.");
  const wrong = uuids.find((one) => JSON.stringify(one.state) !== state);
  check(wrong === undefined, `a user is shown without its state: ${JSON.stringify(wrong)}`);
  return {
    users: uuids.map((one) => String(one.uuid)),
    occupancy: Number(occupancy),
    next: typeof next === "string" ? next : undefined,
  };
}

/** Every user that must be there after so many comings and goings. */
function presentAfter(size: Size, sent: number): ReadonlySet<string> {
  const present = new Set(Array.from({ length: size.users }, (_, user) => userName(user)));
  const changes = changesOf(size);
  for (let index = 0; index < sent % changes.length; index++) {
    const change = changes[index];
    if (change?.isJoin === true) present.add(change.user);
    else if (change !== undefined) present.delete(change.user);
  }
  return present;
}

async function verify({ port }: Running, size: Size, sent: number): Promise<void> {
  const present = presentAfter(size, sent);
  const byOffset: string[] = [];
  for (let offset = 0; offset < present.size; offset += pageLimit) {
    const page = await seenAt(port, `limit=${pageLimit}&offset=${offset}&state=1`);
    check(page.occupancy === present.size, `the occupancy is ${page.occupancy}, not ${present.size}`);
    byOffset.push(...page.users);
  }
  for (const seen of [byOffset, await walkByCursor(port)]) {
    check(seen.length === present.size, `the pages show ${seen.length} users, not ${present.size}`);
    check(new Set(seen).size === seen.length, "a user is on two pages");
    check(
      seen.every((user) => present.has(user)),
      "the pages show somebody who is not there",
    );
  }
  const count: unknown = await askJson(port, countPlan.target);
  check(
    JSON.stringify(count).includes(`"occupancy":${present.size}`) && !JSON.stringify(count).includes("uuids"),
    "the count is wrong or lists users",
  );
}

/** While users come and go: everybody who stays is on one page of a walk by cursor. */
async function verifyWalk({ port }: Running, size: Size): Promise<void> {
  const seen = await walkByCursor(port);
  const wanderers = new Set(wanderersOf(size));
  const staying = seen.filter((user) => !wanderers.has(user));
  check(new Set(staying).size === staying.length, "somebody who stays is on two pages of a walk");
  check(
    staying.length === size.users - size.wanderers / 2,
    `a walk shows ${staying.length} of ${size.users - size.wanderers / 2} users that stay`,
  );
}

async function walkByCursor(port: number): Promise<readonly string[]> {
  const users: string[] = [];
  let place = "";
  do {
    const page = await seenAt(port, `limit=${pageLimit}&state=1&details=1${place}`);
    users.push(...page.users);
    place = page.next === undefined ? "" : `&next=${encodeURIComponent(page.next)}`;
  } while (place !== "");
  return users;
}

function microsOf(report: SaturateReport): number {
  return (report.serverCpuMs * 1_000) / report.answers;
}

function rowsOf(scores: Scores<Sample>, name: string): Row[] {
  const asked = (what: string, of: (sample: Sample) => SaturateReport, isCalm: "calm" | "busy"): Row => ({
    ...rowOfScores(scores, name, {
      // Of a calm server the changes take as much as the pages: there is no cost of one of them.
      ...(isCalm === "calm" ? {} : { "CPU us/request": (sample: Sample) => microsOf(of(sample)) }),
      "requests/s": (sample) => of(sample).answers / of(sample).seconds,
      "median ms": (sample) => of(sample).latencyMs.median,
      "p99 ms": (sample) => of(sample).latencyMs.p99,
      "core used": (sample) => of(sample).serverCpuMs / 1_000 / of(sample).seconds,
      "changes/s": (sample) => of(sample).besideAnswers / of(sample).seconds,
    }),
    name: `${what}, ${name}`,
  });
  const join = rowOfScores(scores, name, {
    "CPU us/request": (sample) => sample.join.cpuMicros,
    "requests/s": (sample) => sample.join.perSecond,
  });
  return [
    asked("count", (sample) => sample.count, "busy"),
    asked("page", (sample) => sample.page, "busy"),
    asked("page, calm", (sample) => sample.calm, "calm"),
    { ...join, name: `join of all, ${name}` },
  ];
}

function comparisonsOf(runtime: Runtime, scores: Scores<Sample>): Comparison[] {
  const ours = `hereabouts on ${runtime}`;
  const bare = `bare ${runtime}`;
  const isAimed = runtime === "bun";
  const atMost = { relation: "at most", limit: wantedPage } as const;
  return [
    {
      name: `CPU per count, ${bare} / ${ours}`,
      value: ratioOfFigures(scores, [bare, ours], (sample) => microsOf(sample.count)),
      wanted: isAimed ? { relation: "at least", limit: wantedCount } : undefined,
    },
    {
      name: `p99 of a page under full load, ${ours} / ${bare}`,
      value: ratioOfFigures(scores, [ours, bare], (sample) => sample.page.latencyMs.p99),
      wanted: isAimed ? atMost : undefined,
    },
    {
      name: `p99 of a page at the same rate, ${ours} / ${bare}`,
      value: ratioOfFigures(scores, [ours, bare], (sample) => sample.calm.latencyMs.p99),
      wanted: isAimed ? atMost : undefined,
    },
    {
      name: `CPU per page, ${ours} / ${bare}`,
      value: ratioOfFigures(scores, [ours, bare], (sample) => microsOf(sample.page)),
      wanted: undefined,
    },
    {
      name: `CPU per join, ${ours} / ${bare}`,
      value: ratioOfFigures(scores, [ours, bare], (sample) => sample.join.cpuMicros),
      wanted: undefined,
    },
  ];
}
