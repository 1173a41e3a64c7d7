/** What the log asks of Redis. */
import { TestClock } from "@hereabouts/testkit";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, test } from "vitest";
import { idleReplicaMs } from "../../src/log/replicas.ts";
import { createTimers } from "../../src/timers.ts";
import {
  eventually,
  freshPrefix,
  keyset,
  type Node,
  openNode,
  pause,
  publish,
  readPage,
  topicsOf,
} from "./node.ts";

const redis = useRedis();

/** Two channels of different partitions. */
function apart(node: Node): readonly [string, string] {
  const { keys } = node.context;
  const other = ["b", "c", "d"].find((name) => keys.partitionOf(name) !== keys.partitionOf("a"));
  if (other === undefined) throw new Error("three channels are in one partition");
  return ["a", other];
}

test("held polls ask nothing of Redis while nothing happens", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  const { cursor } = await readPage(node, { topics: "a b c x.*", after: 0n });
  node.calls.clear();
  for (let poll = 0; poll < 1_000; poll++) {
    const watch = node.log.watch(keyset, topicsOf("a b c x.*"), { wake: () => undefined });
    await readPage(node, { topics: "a b c x.*", after: cursor });
    watch.stop();
  }
  await pause(200);
  expect([...node.calls]).toEqual([]);
});

test("an event costs one fence per other partition, however many polls wait for it", async () => {
  const prefix = freshPrefix();
  const [one, other] = [
    await openNode({ url: redis().url, prefix }),
    await openNode({ url: redis().url, prefix }),
  ];
  const topics = apart(other).join(" ");
  const { cursor } = await readPage(other, { topics, after: 0n });
  const reads: Promise<number>[] = [];
  for (let poll = 0; poll < 500; poll++) {
    other.log.watch(keyset, topicsOf(topics), {
      wake: () =>
        reads.push(readPage(other, { topics, after: cursor }).then(({ entries }) => entries.length)),
    });
  }
  other.calls.clear();
  await publish(one, "a", ["m"]);
  await eventually(() => reads.length === 500, "all polls were woken");
  const lengths = await Promise.all(reads);
  expect([lengths.every((length) => length === 1), [...other.calls]]).toEqual([true, [["fence", 1]]]);
});

test("an event within one partition costs those who wait for it nothing", async () => {
  const prefix = freshPrefix();
  const [one, other] = [
    await openNode({ url: redis().url, prefix }),
    await openNode({ url: redis().url, prefix }),
  ];
  const { cursor } = await readPage(other, { topics: "a a-pnpres", after: 0n });
  let woken = 0;
  other.log.watch(keyset, topicsOf("a a-pnpres"), { wake: () => woken++ });
  other.calls.clear();
  await publish(one, "a", ["m"]);
  await eventually(() => woken === 1, "the poll was woken");
  const { entries } = await readPage(other, { topics: "a a-pnpres", after: cursor });
  expect([entries.length, [...other.calls]]).toEqual([1, []]);
});

test("a replica that nobody used for ten minutes is dropped, one that is watched is not", async () => {
  const clock = new TestClock(createTimers().now());
  const node = await openNode({ url: redis().url, prefix: freshPrefix(), scheduler: clock });
  const [watched, read] = apart(node);
  node.log.watch(keyset, topicsOf(watched), { wake: () => undefined });
  await readPage(node, { topics: `${watched} ${read}`, after: 0n });
  await clock.advance(idleReplicaMs - 60_000);
  const before = node.log.followed;
  await clock.advance(120_000);
  expect([before, node.log.followed]).toEqual([2, 1]);
  await publish(node, read, ["m"]);
  expect((await readPage(node, { topics: read, after: 0n })).entries.length).toBe(1);
});
