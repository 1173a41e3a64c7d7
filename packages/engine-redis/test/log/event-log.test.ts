import { logEntriesPerChannelMax } from "@hereabouts/core";
import { timetokenAt } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, test } from "vitest";
import {
  entryText,
  eventually,
  freshPrefix,
  keyset,
  message,
  openNode,
  publish,
  readPage,
  topicsOf,
} from "./node.ts";

const redis = useRedis();

test("what one node publishes another reads, from a cursor of before", async () => {
  const prefix = freshPrefix();
  const [one, other] = [
    await openNode({ url: redis().url, prefix }),
    await openNode({ url: redis().url, prefix }),
  ];
  const position = await other.log.position(keyset, topicsOf("a b.*"), Date.now());
  await publish(one, "a", ["1"]);
  await publish(one, "b.c", ["2"]);
  await publish(one, "b.d", ["3"]);
  await publish(one, "other", ["4"]);
  let read: string[] = [];
  await eventually(async () => {
    read = (await readPage(other, { topics: "a b.*", after: position })).entries.map(entryText);
    return read.length === 3;
  }, "all three were read");
  expect(read).toEqual(["a: 1", "b.c: 2", "b.d: 3"]);
});

test("what several channels are given in one call comes in its order", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  const texts = Array.from({ length: 60 }, (_, index) => String(index));
  const now = Date.now();
  await node.log.append(
    keyset,
    texts.map((text, index) => message(`x.${index % 7}`, text)),
    now,
  );
  const { entries } = await readPage(node, { topics: "x.*", after: 0n });
  expect(entries.map((entry) => entryText(entry).split(": ")[1])).toEqual(texts);
});

test("a long list is published in several calls and read whole", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  const texts = Array.from({ length: 600 }, (_, index) => String(index));
  const timetokens = await publish(node, "a", texts);
  expect(new Set(timetokens).size).toBe(600);
  const { entries } = await readPage(node, { topics: "a", after: 0n, limit: 1_000 });
  expect(entries.map(({ timetoken }) => timetoken)).toEqual(timetokens.slice(-logEntriesPerChannelMax));
});

test("news too long to be told are read", async () => {
  const prefix = freshPrefix();
  const [one, other] = [
    await openNode({ url: redis().url, prefix }),
    await openNode({ url: redis().url, prefix }),
  ];
  const { cursor } = await readPage(other, { topics: "a", after: 0n });
  let woken = 0;
  other.log.watch(keyset, topicsOf("a"), { wake: () => woken++ });
  await publish(
    one,
    "a",
    Array.from({ length: 5 }, (_, index) => `${index}${"x".repeat(20_000)}`),
  );
  await eventually(() => woken > 0, "the watcher was woken");
  const { entries } = await readPage(other, { topics: "a", after: cursor });
  expect(entries.map((entry) => entryText(entry)[3])).toEqual(["0", "1", "2", "3", "4"]);
});

test("a node that comes later reads what is retained, in several calls", async () => {
  const prefix = freshPrefix();
  const one = await openNode({ url: redis().url, prefix, partitions: 1 });
  for (let round = 0; round < 12; round++) {
    await publish(
      one,
      `a${round}`,
      Array.from({ length: 256 }, (_, index) => `${round}/${index}`),
    );
  }
  const other = await openNode({ url: redis().url, prefix, partitions: 1 });
  const { entries } = await readPage(other, { topics: "a0 a11", after: 0n, limit: 1_000 });
  expect([entries.length, entries[0] && entryText(entries[0]), other.calls.get("fence")]).toEqual([
    200,
    "a0: 0/156",
    4,
  ]);
});

test("a cursor a little ahead is taken at its word: nothing can appear at or below it any more", async () => {
  const prefix = freshPrefix();
  const [one, other] = [
    await openNode({ url: redis().url, prefix }),
    await openNode({ url: redis().url, prefix }),
  ];
  const now = Date.now();
  const ahead = timetokenAt(now + 30_000);
  const { cursor } = await readPage(one, { topics: "a b", after: ahead }, now);
  const [timetoken = 0n] = await publish(other, "b", ["m"], now);
  expect([cursor, timetoken > ahead]).toEqual([ahead, true]);
});

test("a cursor far ahead reads as the present", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  const now = Date.now();
  const { cursor } = await readPage(node, { topics: "a b x.*", after: timetokenAt(now + 61_000) }, now);
  expect([cursor >= timetokenAt(now), cursor < timetokenAt(now + 1_000)]).toEqual([true, true]);
});

test("nothing is read, told or watched when the engine is closed", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  await node.close();
  const closed = expect.objectContaining({ name: "EngineError", code: "unavailable" });
  await expect(readPage(node, { topics: "a", after: 0n })).rejects.toEqual(closed);
  await expect(publish(node, "a", ["m"])).rejects.toEqual(closed);
  await expect(node.log.position(keyset, topicsOf("a"), Date.now())).rejects.toEqual(closed);
  expect(() => node.log.watch(keyset, topicsOf("a"), { wake: () => undefined })).toThrow("closed");
});

test("what is no entry is told and left out, and keeps nothing else from being read", async () => {
  const prefix = freshPrefix();
  const one = await openNode({ url: redis().url, prefix, partitions: 1 });
  await publish(one, "a", ["1"]);
  const [partition] = one.context.keys.partitionsOf(keyset);
  if (partition === undefined) throw new Error("there is a partition");
  const damaged = timetokenAt(Date.now() + 5).toString();
  await redis().command("XADD", partition.log, `${damaged.slice(0, 13)}-0`, "e", "{damaged");
  await redis().command("HSET", partition.meta, "last", damaged, "tip", damaged);
  await publish(one, "a", ["2"]);
  const other = await openNode({ url: redis().url, prefix, partitions: 1 });
  const { entries } = await readPage(other, { topics: "a", after: 0n });
  expect([entries.map(entryText), other.warnings.length]).toEqual([["a: 1", "a: 2"], 1]);
});

test("when a keyset has other keys than before its entries are forgotten, and who watches goes on watching", async () => {
  const node = await openNode({ url: redis().url, prefix: freshPrefix() });
  await publish(node, "a", ["before"]);
  let woken = 0;
  node.log.watch(keyset, topicsOf("a x.*"), { wake: () => woken++ });
  await readPage(node, { topics: "a", after: 0n });
  node.context.keys.setGeneration(keyset, 1);
  node.log.keysetChanged(keyset);
  expect((await readPage(node, { topics: "a", after: 0n })).entries).toEqual([]);
  woken = 0;
  await publish(node, "a", ["after"]);
  await eventually(() => woken > 0, "the watcher was woken");
  expect((await readPage(node, { topics: "a", after: 0n })).entries.map(entryText)).toEqual(["a: after"]);
});
