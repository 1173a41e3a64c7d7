import type { Engine, Keyset } from "@hereabouts/core";
import { defaultPolicy } from "@hereabouts/core";
import { openNodeRedisPort, openRedisEngine } from "@hereabouts/engine-redis";
import type { Channel, Group, PublishKey, SubscribeKey, UserId } from "@hereabouts/protocol";
import { useRedis, useRedisCluster } from "@hereabouts/testkit/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";

const redis = useRedis();
const cluster = useRedisCluster();
const now = 1_767_225_600_000;
let opened = 0;

async function openNode(prefix: string, url = redis().url, partitions?: number): Promise<Engine> {
  opened += 1;
  const port = await openNodeRedisPort(url);
  onTestFinished(() => port.close());
  const engine = await openRedisEngine({
    ...{ port, prefix, now, epoch: `node-${opened}` },
    ...(partitions !== undefined && { partitions }),
  });
  onTestFinished(() => engine.close(now));
  return engine;
}

function keysetOf(name: string): Keyset {
  return {
    subscribeKey: name as SubscribeKey,
    publishKey: `${name}-pub` as PublishKey,
    policy: defaultPolicy,
  };
}

const sub = "sub" as SubscribeKey;
const group = "g" as Group;
const channels = (text: string): Channel[] => text.split(" ") as Channel[];

async function seat(engine: Engine, keyset: SubscribeKey, user: string): Promise<void> {
  const request = {
    ...{ user: user as UserId, device: undefined, channels: channels("a b"), timeoutSeconds: undefined },
    ...{
      defaultTimeoutSeconds: 300,
      states: undefined,
      intent: "deliberate" as const,
      asksForOwnJoins: false,
    },
  } as const;
  await engine.presence.touch(keyset, request, now);
}

describe("groups on many nodes", () => {
  test("a node that remembers a group is told of a change by another within a second", async () => {
    const [one, other] = [await openNode("groups-1"), await openNode("groups-1")];
    await one.groups.change(sub, group, { add: channels("a"), remove: [] }, 10);
    await eventually(async () => (await other.groups.channels(sub, group)).length === 1, "it is read");
    let woken = 0;
    other.groups.watch(sub, [group], () => woken++);
    const started = performance.now();
    await one.groups.change(sub, group, { add: channels("b"), remove: channels("a") }, 10);
    await eventually(async () => (await other.groups.channels(sub, group)).join() === "b", "it is in force");
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(woken).toBeGreaterThan(0);
  });

  test("changes made on two nodes at once are all made", async () => {
    const nodes = [await openNode("groups-2"), await openNode("groups-2")];
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    await Promise.all(
      names.map((name, index) =>
        nodes[index % 2]?.groups.change(sub, group, { add: channels(name), remove: [] }, 100),
      ),
    );
    expect([...((await nodes[0]?.groups.channels(sub, group)) ?? [])].sort()).toEqual([...names].sort());
  });

  test("a change that nobody was told of is found within about a second", async () => {
    const node = await openNode("groups-3");
    await node.groups.change(sub, group, { add: channels("a"), remove: [] }, 10);
    await eventually(async () => (await node.groups.channels(sub, group)).length === 1, "it is read");
    const silent = "redis.call('ZADD', KEYS[1], 9, 'b') redis.call('HSET', KEYS[2], 'all', 'silent')";
    const tag = "h2:{groups-3:sub:g}:";
    await redis().command("EVAL", silent, "2", `${tag}g:g`, `${tag}v`);
    const started = performance.now();
    await eventually(async () => (await node.groups.channels(sub, group)).length === 2, "it is found");
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("keysets on many nodes", () => {
  test("a replacement is in force on another node within a second", async () => {
    const [one, other] = [await openNode("keysets-1"), await openNode("keysets-1")];
    let woken = 0;
    other.keysets.watch(() => woken++);
    const started = performance.now();
    await one.keysets.replace([keysetOf("x")]);
    await eventually(() => woken > 0, "the other was woken");
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await other.keysets.list()).toEqual([keysetOf("x")]);
  });

  test("replacements made at once on two nodes leave one of them, on both", async () => {
    const nodes = [await openNode("keysets-2"), await openNode("keysets-2")];
    await Promise.all(nodes.map((node, index) => node.keysets.replace([keysetOf(`k${index}`)])));
    const [one, other] = await Promise.all(nodes.map((node) => node.keysets.list()));
    expect(one).toEqual(other);
    expect(one).toHaveLength(1);
  });

  test.each([
    ["a lone server", () => redis().url, () => [redis()]],
    ["a cluster", () => cluster().url, () => cluster().servers],
  ])("what a keyset leaves behind is deleted on %s, and nothing else", async (where, url, servers) => {
    const prefix = `gone-${where.length}`;
    const node = await openNode(prefix, url());
    await node.keysets.replace([keysetOf("kept"), keysetOf("go*ne")]);
    for (const name of ["kept", "go*ne"]) await seat(node, name as SubscribeKey, "u");
    const found = async (name: string): Promise<number> => {
      const keys = await Promise.all(
        servers().map((server) => server.command("KEYS", `h2:{${prefix}:${name}:0:*`)),
      );
      return keys.flat().length;
    };
    expect(await found("go\\*ne")).toBeGreaterThan(0);
    const kept = await found("kept");
    await node.keysets.replace([keysetOf("kept")]);
    await eventually(async () => (await found("go\\*ne")) === 0, "it is deleted");
    expect(await found("kept")).toBeGreaterThanOrEqual(kept);
  });

  test("keysets that Redis lost are put back by a node that knows them", async () => {
    const node = await openNode("keysets-3");
    await node.keysets.replace([keysetOf("x")]);
    await redis().command("DEL", "h2:{keysets-3}:engine");
    expect(await node.keysets.list()).toEqual([keysetOf("x")]);
    const other = await openNode("keysets-3");
    expect(await other.keysets.list()).toEqual([keysetOf("x")]);
  });
});

test("a number of partitions that is not the one settled is refused", async () => {
  await openNode("partitions", redis().url, 3);
  await openNode("partitions");
  await expect(openNode("partitions", redis().url, 4)).rejects.toThrow(
    "Keysets have 3 partitions here; an engine cannot be opened with 4.",
  );
});
