import { useRedis, useRedisCluster } from "@hereabouts/testkit/redis";
import { describe, expect, test } from "vitest";
import { eventually, freshPrefix, keyset, type Node, openNode, publish, readPage, topicsOf } from "./node.ts";
import { wander } from "./wandering.ts";

const skewsMs = [-100, 100, 0];

async function openNodes(url: string, count: number, partitions?: number): Promise<Node[]> {
  const prefix = freshPrefix();
  const nodes: Node[] = [];
  for (let index = 0; index < count; index++) {
    const now = Date.now() + (skewsMs[index] ?? 0);
    nodes.push(await openNode({ url, prefix, now, ...(partitions !== undefined && { partitions }) }));
  }
  return nodes;
}

describe("on one Redis", () => {
  const redis = useRedis();

  test.each([
    [2, 24, 1],
    [3, 24, 2],
    [3, 2, 3],
    [2, 1, 4],
  ])(
    "readers who wander between %i nodes over %i partitions get everything once and in order",
    async (count, partitions, seed) => {
      const nodes = await openNodes(redis().url, count, partitions);
      const { written, read } = await wander({ nodes, seed, forMs: 1_200, skewsMs });
      expect([written > 100, read > 100, nodes.flatMap(({ warnings }) => warnings)]).toEqual([
        true,
        true,
        [],
      ]);
    },
  );

  test("so they do when the connections that bring news are killed again and again", async () => {
    const nodes = await openNodes(redis().url, 3);
    let killed = 0;
    const disturb = async (): Promise<void> => {
      killed += Number(await redis().command("CLIENT", "KILL", "TYPE", "pubsub"));
    };
    const { written, read } = await wander({
      nodes,
      seed: 5,
      forMs: 1_500,
      skewsMs,
      disturb,
      failures: "some",
    });
    expect([written > 100, read > 100, killed > 5]).toEqual([true, true, true]);
  });

  test("who watches is woken when the connection that brings news was killed", async () => {
    const [one, other] = (await openNodes(redis().url, 2)) as [Node, Node];
    const { cursor } = await readPage(other, { topics: "a", after: 0n });
    let woken = 0;
    other.log.watch(keyset, topicsOf("a"), { wake: () => woken++ });
    other.isDeaf = true;
    await publish(one, "a", ["lost"]);
    await redis().command("CLIENT", "KILL", "TYPE", "pubsub");
    await eventually(() => woken > 0, "the watcher was woken");
    expect((await readPage(other, { topics: "a", after: cursor })).entries.length).toBe(1);
  });

  test("who watches is woken when a sweep tells of an entry that no news came of", async () => {
    const [one, other] = (await openNodes(redis().url, 2)) as [Node, Node];
    const { cursor } = await readPage(other, { topics: "a", after: 0n });
    let woken = 0;
    other.log.watch(keyset, topicsOf("a"), { wake: () => woken++ });
    other.isDeaf = true;
    const [tip = 0n] = await publish(one, "a", ["lost"]);
    other.log.noteTip(other.context.keys.partition(keyset, "a"), tip);
    await eventually(() => woken > 0, "the watcher was woken");
    expect((await readPage(other, { topics: "a", after: cursor })).entries.length).toBe(1);
  });

  test("a watcher who came while Redis did not answer is woken for what comes later", async () => {
    const [one, other] = (await openNodes(redis().url, 2)) as [Node, Node];
    let woken = 0;
    other.isCutOff = true;
    other.log.watch(keyset, topicsOf("a x.*"), { wake: () => woken++ });
    await eventually(() => (other.calls.get("fence") ?? 0) > 0, "the node tried to read");
    other.isCutOff = false;
    await publish(one, "x.y", ["m"]);
    await eventually(() => woken > 0, "the watcher was woken");
  });
});

describe("on a cluster", () => {
  const cluster = useRedisCluster();

  test.each([
    [2, 6],
    [3, 7],
  ])("readers who wander between %i nodes get everything once and in order", async (count, seed) => {
    const nodes = await openNodes(cluster().url, count);
    const { written, read } = await wander({ nodes, seed, forMs: 1_500, skewsMs });
    expect([written > 100, read > 100, nodes.flatMap(({ warnings }) => warnings)]).toEqual([true, true, []]);
  });
});
