/** C1: what heartbeats, joins, polls and here now cost Redis, beside a presence as it is written by hand. */
import { randomInt } from "node:crypto";
import type { RedisProcess } from "../../../packages/testkit/src/redis/redis-process.ts";
import { capture, check, hereNow } from "../../ask.ts";
import { type Bench, type Comparison, drawable, type SuiteResult, shuffled } from "../../bench.ts";
import type { Running, Subject } from "../../launch.ts";
import type { Plan } from "../../load/messages.ts";
import { channelName, channelsOfSeats, heartbeatTarget, userName } from "../../load/requests.ts";
import { costOf, type RedisCost } from "../../redis-counters.ts";
import { spreadOf } from "../../statistics.ts";
import { countCommands, listenTo } from "./calls.ts";
import { firstOf, naiveOn, nodeOn, rowOfRounds, runtimeOf, withServers } from "./nodes-on-redis.ts";

const cpuRatioWanted = 0.6;
const perUserCases = [1, 12] as const;

const actions = [
  "join",
  "heartbeat",
  "heartbeat one at a time",
  "here now",
  "poll answered and sent again",
] as const;
type Action = (typeof actions)[number];
type Figures = Readonly<Record<string, number>>;

interface Sizes {
  readonly seats: number;
  readonly channels: number;
  readonly heartbeats: number;
  readonly singles: number;
  readonly messages: number;
}

type Seats = Extract<Plan, { readonly kind: "seats" }>;

/** A contestant with so many channels per user, and what each round found. */
interface Case {
  readonly name: "hereabouts" | "naive";
  readonly perUser: number;
  readonly subjectOn: (url: string) => Subject;
  readonly rounds: Map<Action, Figures>[];
}

/** Runs the suite. */
export async function clusterCost(bench: Bench): Promise<SuiteResult> {
  const runtime = runtimeOf(bench);
  const sizes: Sizes = bench.isQuick
    ? { seats: 240, channels: 48, heartbeats: 400, singles: 40, messages: 2 }
    : { seats: 12_000, channels: 600, heartbeats: 20_000, singles: 1_500, messages: 24 };
  const rounds = bench.rounds ?? (bench.isQuick ? 1 : 3);
  const cases: Case[] = perUserCases.flatMap((perUser) => [
    { name: "hereabouts" as const, perUser, subjectOn: (url) => nodeOn(url, runtime), rounds: [] },
    { name: "naive" as const, perUser, subjectOn: naiveOn, rounds: [] },
  ]);
  const perPartition = new Map<number, number>();
  for (const perUser of perUserCases) {
    perPartition.set(perUser, await countCalls((url) => nodeOn(url, runtime), perUser));
  }
  for (let round = 1; round <= rounds; round++) {
    for (const one of shuffled(cases, randomInt)) {
      one.rounds.push(await measure(bench, one, sizes));
      bench.say(`  round ${round}/${rounds}  ${labelOf(one)}`);
    }
  }
  return {
    suite: "cluster-cost",
    about: `What one request costs Redis, sent through HTTP to one node on ${runtime}; beside it, HSET and EXPIRE by hand.`,
    parameters: { ...sizes, connections: 64, rounds },
    checks: [
      "Here now shows exactly the users that sent heartbeats, on both.",
      "Every message answered every poll of its channel once, on both.",
      "Of 24 heartbeats one after the other none published anything.",
    ],
    rows: actions.flatMap((action) =>
      cases.map((one) =>
        rowOfRounds(
          `${action}, ${labelOf(one)}`,
          one.rounds.map((found) => found.get(action) ?? {}),
        ),
      ),
    ),
    comparisons: drawable([
      ...[...perPartition].map(
        ([perUser, most]): Comparison => ({
          name: `most Redis calls per partition of one heartbeat, ${perUser} channels`,
          value: spreadOf([most]),
          wanted: { relation: "at most", limit: 1 },
        }),
      ),
      ...actions.flatMap((action) => perUserCases.map((perUser) => compare(cases, action, perUser))),
    ]),
  };
}

function labelOf({ name, perUser }: Pick<Case, "name" | "perUser">): string {
  return `${perUser} ${perUser === 1 ? "channel" : "channels"}, ${name}`;
}

/** Counts the calls that single heartbeats make; gives the most per partition. */
async function countCalls(subjectOn: (url: string) => Subject, perUser: number): Promise<number> {
  return await withServers(subjectOn, 1, async (servers, redis) => {
    const { port } = firstOf(servers);
    let most = 0;
    for (let user = 0; user < 24; user++) {
      const channels = channelsOfSeats(user, { channels: 600, perUser }).join(",");
      const target = heartbeatTarget(channels, userName(user));
      // One takes the seats; with the next the node has renewed them, and remembers them.
      for (let time = 0; time < 2; time++) await capture(port, target);
      const heard = await listenTo(redis.port, userName(user), () => capture(port, target));
      check(heard.calls > 0, "a heartbeat did not come to Redis");
      check(heard.publications === 0, "a heartbeat that changes nothing was published");
      most = Math.max(most, heard.calls / heard.partitions);
    }
    return most;
  });
}

async function measure(bench: Bench, one: Case, sizes: Sizes): Promise<Map<Action, Figures>> {
  return await withServers(one.subjectOn, 1, async (servers, redis) => {
    const server = firstOf(servers);
    const { channels } = sizes;
    const users = sizes.seats / one.perUser;
    const plan: Seats = { kind: "seats", first: 0, users, channels, perUser: one.perUser };
    const ask = (what: Plan, connections: number, times = 1) =>
      bench.load.run<"each">({ kind: "each", port: server.port, plan: what, connections, times });
    const send = (...load: Parameters<typeof ask>) => costPerRequest(redis, () => ask(...load));
    const renew = async (...load: Parameters<typeof ask>): Promise<Figures> => ({
      ...(await send(...load)),
      ...(await callsPerRequest(redis, () => ask(...load))),
    });
    const found = new Map<Action, Figures>();
    found.set("join", await send(plan, 64));
    await send(plan, 64);
    found.set("heartbeat", await renew(plan, 64, Math.ceil(sizes.heartbeats / users)));
    const some: Seats = { ...plan, users: Math.min(users, sizes.singles) };
    found.set("heartbeat one at a time", await renew(some, 1, Math.ceil(sizes.singles / some.users)));
    await verify(server, plan);
    const target = `/v2/presence/sub-key/demo/channel/${channelName(1)}?uuid=asker&pnsdk=bench%2F1`;
    found.set("here now", await send({ kind: "repeat", target }, 64, sizes.singles));
    found.set("poll answered and sent again", await answers(bench, { server, redis, plan, sizes }));
    return found;
  });
}

/** Ten polls to each channel; what opening them costs is taken off by a run without messages. */
async function answers(
  bench: Bench,
  {
    server,
    redis,
    plan,
    sizes,
  }: {
    readonly server: Running;
    readonly redis: RedisProcess;
    readonly plan: Seats;
    readonly sizes: Sizes;
  },
): Promise<Figures> {
  const order = {
    kind: "answers",
    port: server.port,
    groups: 4,
    observersPerGroup: 10,
    channels: plan.channels,
    perUser: plan.perUser,
    pauseMs: 50,
  } as const;
  // The first time, partitions begin to be followed.
  await bench.load.run<"answers">({ ...order, messages: 2 });
  const few = await costOf(redis, () => bench.load.run<"answers">({ ...order, messages: 1 }));
  const many = await costOf(redis, () =>
    bench.load.run<"answers">({ ...order, messages: 1 + sizes.messages }),
  );
  const count = many.result.count - few.result.count;
  const less = (of: (cost: RedisCost) => number): number => (of(many.cost) - of(few.cost)) / count;
  return {
    "Redis calls": less(({ calls }) => calls),
    "of them scripts": less(({ scripts }) => scripts),
    "commands in scripts": less(({ inside }) => inside),
    "Redis bytes": less(({ bytes }) => bytes),
    "Redis CPU us": 1_000 * less(({ cpuMs }) => cpuMs),
    "requests/s": (1_000 * many.result.count) / many.result.elapsedMs,
  };
}

/** Calls as they were listened to: a ZADD of a script and one of a node count as one command for Redis. */
async function callsPerRequest(
  redis: RedisProcess,
  work: () => Promise<{ readonly count: number }>,
): Promise<Figures> {
  const { heard, result } = await countCommands(redis.port, work);
  return {
    "Redis calls": heard.calls / result.count,
    "of them scripts": heard.scripts / result.count,
    "commands in scripts": heard.inside / result.count,
  };
}

async function costPerRequest(
  redis: RedisProcess,
  work: () => Promise<{ readonly count: number; readonly elapsedMs: number }>,
): Promise<Figures> {
  const { cost, result } = await costOf(redis, work);
  const { count, elapsedMs } = result;
  return {
    "Redis calls": cost.calls / count,
    "of them scripts": cost.scripts / count,
    "commands in scripts": cost.inside / count,
    "Redis bytes": cost.bytes / count,
    "Redis CPU us": (1_000 * cost.cpuMs) / count,
    "requests/s": (1_000 * count) / elapsedMs,
  };
}

/** Checks the rosters of some channels. */
export async function verify(server: Running, plan: Seats): Promise<void> {
  const expected = new Map<string, Set<string>>();
  for (let user = plan.first; user < plan.first + plan.users; user++) {
    for (const channel of channelsOfSeats(user, plan)) {
      const users = expected.get(channel) ?? new Set();
      expected.set(channel, users.add(userName(user)));
    }
  }
  for (const [channel, users] of [...expected].slice(0, 50)) {
    const seen = await hereNow(server.port, channel);
    check(seen.occupancy === users.size, `${channel} has ${seen.occupancy} users, not ${users.size}`);
    check(
      seen.users.length === users.size && seen.users.every((user) => users.has(user)),
      `${channel} shows others than those that sent heartbeats`,
    );
  }
}

function compare(cases: readonly Case[], action: Action, perUser: number): Comparison {
  const cpu = (name: Case["name"]): readonly number[] =>
    cases
      .filter((one) => one.name === name && one.perUser === perUser)
      .flatMap((one) => one.rounds.map((found) => found.get(action)?.["Redis CPU us"] ?? Number.NaN));
  const naive = cpu("naive");
  return {
    name: `Redis CPU of ${action}, ${perUser} per user, hereabouts / naive`,
    value: spreadOf(cpu("hereabouts").map((own, round) => own / (naive[round] ?? Number.NaN))),
    wanted: action === "heartbeat" ? { relation: "at most", limit: cpuRatioWanted } : undefined,
  };
}
