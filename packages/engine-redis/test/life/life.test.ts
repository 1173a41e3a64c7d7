import type { Engine, LogEntry } from "@hereabouts/core";
import { openNodeRedisPort, openRedisEngine } from "@hereabouts/engine-redis";
import type { Channel, Timetoken, UserId } from "@hereabouts/protocol";
import { startRedis, startRedisCluster } from "@hereabouts/testkit/redis";
import { expect, onTestFinished, test } from "vitest";
import { entryText, eventually, freshPrefix, keyset, message, topicsOf } from "../log/node.ts";

let nodes = 0;

/** Opens a node's engine with a port of its own, both closed when the test is over. */
async function openEngine(url: string, prefix: string): Promise<Engine> {
  nodes += 1;
  const port = await openNodeRedisPort(url);
  const engine = await openRedisEngine({ port, prefix, now: Date.now(), epoch: `life-test-${nodes}` });
  onTestFinished(async () => {
    await engine.close(Date.now());
    await port.close();
  });
  return engine;
}

async function touch(engine: Engine, user: string, channels: readonly string[]): Promise<readonly string[]> {
  const request = {
    user: user as UserId,
    device: undefined,
    channels: channels as Channel[],
    timeoutSeconds: undefined,
    defaultTimeoutSeconds: 300,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: false,
  } as const;
  const { changes } = await engine.presence.touch(keyset, request, Date.now());
  return changes.map(({ kind, channel, occupancy }) => `${kind} ${channel} (${occupancy})`);
}

async function epochOf(engine: Engine, channel: string): Promise<string> {
  const page = { offset: 0, limit: 0, unless: undefined };
  return (await engine.presence.channel(keyset, channel as Channel, page, Date.now())).epoch;
}

/** Follows topics from a cursor, until told otherwise, whatever fails meanwhile. */
class Follower {
  readonly entries: LogEntry[] = [];
  readonly #engine: Engine;
  readonly #topics: readonly Channel[];
  #cursor: Timetoken;

  constructor(engine: Engine, topics: string, cursor: Timetoken) {
    this.#engine = engine;
    this.#topics = topicsOf(topics);
    this.#cursor = cursor;
  }

  static async enter(engine: Engine, topics: string): Promise<Follower> {
    return new Follower(engine, topics, await engine.log.position(keyset, topicsOf(topics), Date.now()));
  }

  get texts(): readonly string[] {
    return this.entries.map(entryText);
  }

  async follow(): Promise<void> {
    try {
      const page = await this.#engine.log.read(keyset, this.#topics, this.#cursor, 100, Date.now());
      this.entries.push(...page.entries);
      this.#cursor = page.cursor;
    } catch {
      // The engine is away: the next read goes on from the same cursor.
    }
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    await eventually(async () => {
      await this.follow();
      return holds();
    }, what);
  }
}

const channels = ["a", "b", "c", "d.e"];

test("a partition whose server is another than before gets a new epoch, and its channels are told once by two nodes", async () => {
  await using redis = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  const prefix = freshPrefix();
  const [one, other] = [await openEngine(redis.url, prefix), await openEngine(redis.url, prefix)];
  await touch(one, "ann", channels);
  await touch(other, "bob", ["a"]);
  const before = await epochOf(one, "a");
  const follower = await Follower.enter(other, "a-pnpres b-pnpres c-pnpres d.*-pnpres");
  await redis.restart();
  await follower.until(() => follower.texts.length >= 4, "all channels were told");
  await eventually(
    async () => (await epochOf(one, "a").catch(() => before)) !== before,
    "there is a new epoch",
  );
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await follower.follow();
  expect([...follower.texts].sort()).toEqual([
    "interval in a (2)",
    "interval in b (1)",
    "interval in c (1)",
    "interval in d.e (1)",
  ]);
  const refreshes = follower.entries.map((entry) => entry.kind === "interval" && entry.interval);
  expect(refreshes).toContainEqual(
    expect.objectContaining({
      channel: "a",
      revision: 2,
      hereNowRefresh: true,
      epoch: await epochOf(other, "a"),
    }),
  );
});

test("after Redis was restarted empty, seats come back with one join each, in a new epoch, and readers go on", async () => {
  await using redis = await startRedis();
  const prefix = freshPrefix();
  const [one, other] = [await openEngine(redis.url, prefix), await openEngine(redis.url, prefix)];
  await touch(one, "ann", ["a"]);
  const before = await epochOf(one, "a");
  const follower = await Follower.enter(other, "a-pnpres b-pnpres");
  await redis.restart();
  let joins: readonly string[] = [];
  await eventually(async () => {
    joins = await touch(one, "ann", ["a"]).catch(() => []);
    return joins.length > 0;
  }, "the seat was taken again");
  await touch(other, "ann", ["a"]);
  await follower.until(() => follower.texts.length > 0, "the join was told");
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await follower.follow();
  expect([joins, follower.texts]).toEqual([["join a (1)"], ["join ann in a"]]);
  const after = await epochOf(other, "a");
  expect([after === before, after === ""]).toEqual([false, false]);
});

test("after a master failed over, readers go on, and every channel it had is told to be read again", async () => {
  await using cluster = await startRedisCluster({ nodeTimeoutMs: 1_000 });
  const prefix = freshPrefix();
  const [one, other] = [await openEngine(cluster.url, prefix), await openEngine(cluster.url, prefix)];
  const many = Array.from({ length: 60 }, (_, index) => `room-${index}`);
  await touch(one, "ann", many);
  const before = new Map<string, string>();
  for (const channel of many) before.set(channel, await epochOf(one, channel));
  const follower = await Follower.enter(
    other,
    [...many, ...many.map((channel) => `${channel}-pnpres`)].join(" "),
  );
  await cluster.settled();
  const [first] = await cluster.masters();
  await first?.kill();
  await cluster.settled();
  const published: string[] = [];
  for (const channel of many) {
    await eventually(async () => {
      const publications = [message(channel, "after")];
      return (await one.log.append(keyset, publications, Date.now()).catch(() => [])).length > 0;
    }, `something was published on ${channel}`);
    published.push(`${channel}: after`);
  }
  const changed = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const channel of many) {
      if ((await epochOf(one, channel)) !== before.get(channel)) found.push(channel);
    }
    return found;
  };
  await follower.until(() => published.every((text) => follower.texts.includes(text)), "everything was read");
  let lost: readonly string[] = [];
  await eventually(async () => {
    lost = await changed();
    return lost.length > 0;
  }, "some channels have a new epoch");
  await follower.until(
    () => lost.every((channel) => follower.texts.includes(`interval in ${channel} (1)`)),
    "they were told to be read again",
  );
  expect([lost.length > 5, lost.length < 40]).toEqual([true, true]);
}, 60_000);
