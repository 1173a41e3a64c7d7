/** Summaries as Redis keeps them: what becomes of them when their channel's life, their record or a node's version changes. */
import type { IntervalNotice } from "@hereabouts/core";
import type { Channel, Timetoken } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, test } from "vitest";
import { decodeEntryText } from "../src/entry.ts";
import type { PartitionKeys } from "../src/keys.ts";
import type { RedisPort, Reply } from "../src/port.ts";
import { scriptOf } from "./scripts.ts";
import { createStore, freshPrefix, openPort, type TestStore } from "./support/stores.ts";
import { keyset, leave, start, touch } from "./support/verbs.ts";

const redis = useRedis();
const channel = "a" as Channel;
const everyMs = 10_000;

/** A node with u, v and w in the channel, of whom w is to be summed up. */
async function openLarge(): Promise<{ store: TestStore; port: RedisPort; keys: PartitionKeys }> {
  const port = await openPort(redis().url);
  const store = createStore({ port, prefix: freshPrefix(), now: start });
  store.presence.ticks.govern(() => ({ announceMax: 2, everyMs }));
  for (const user of ["u", "v", "w"]) await touch(store, user, [channel], { at: start });
  return { store, port, keys: store.keys.partition(keyset, channel) };
}

function fire({ presence }: TestStore, at: number): Promise<readonly IntervalNotice[]> {
  return presence.ticks.fire(keyset, at, 100);
}

function ask(port: RedisPort, command: string, key: string, ...args: readonly string[]): Promise<Reply> {
  return port.run(scriptOf(`return redis.call('${command}', KEYS[1], unpack(ARGV))`), [key], args);
}

/** What a notice says beyond where and when. */
function toldBy(notices: readonly IntervalNotice[]): unknown {
  return notices.map(({ at, epoch, channel: where, here, ...rest }) => ({
    ...rest,
    here: here && [...here.keys()],
  }));
}

const nobody = { joined: [], left: [], timedOut: [], hereNowRefresh: false };

test("a partition with a new epoch begins its summaries anew with the next change", async () => {
  const { store, port, keys } = await openLarge();
  await ask(port, "HSET", keys.meta, "epoch", "other");
  await touch(store, "x", [channel], { at: start + 5_000 });

  const notices = await fire(store, start + everyMs);

  const lists = { ...nobody, joined: ["x"], here: ["x"] };
  expect(toldBy(notices)).toEqual([{ occupancy: 4, revision: 4, sinceRevision: 3, ...lists }]);
  expect(notices.map(({ epoch }) => epoch.split(".")[0])).toEqual(["other"]);
});

test("a partition with a new epoch, and no change since, tells how the channel is", async () => {
  const { store, port, keys } = await openLarge();
  await ask(port, "HSET", keys.meta, "epoch", "other");

  const [first, second] = [await fire(store, start + everyMs), await fire(store, start + 2 * everyMs)];

  const rest = { occupancy: 3, revision: 3, sinceRevision: 3, ...nobody, here: [] };
  expect([toldBy(first), toldBy(second)]).toEqual([[rest], [rest]]);
});

test("where the users of a summary are not known any more, here now is to be read, once", async () => {
  const { store, port, keys } = await openLarge();
  await ask(port, "DEL", keys.visits(channel));

  const [first, second] = [await fire(store, start + everyMs), await fire(store, start + 2 * everyMs)];

  expect(toldBy(first)).toEqual([{ occupancy: 3, revision: 3, hereNowRefresh: true, here: undefined }]);
  expect(toldBy(second)).toEqual([{ occupancy: 3, revision: 3, sinceRevision: 3, ...nobody, here: [] }]);
});

test("where a node that knows no summaries changed the channel, here now is to be read", async () => {
  const { store, port, keys } = await openLarge();
  await ask(port, "HINCRBY", keys.revision(channel), "revision", "1");
  await touch(store, "x", [channel], { at: start + 1_000 });
  const told = [...(await fire(store, start + everyMs))];
  await ask(port, "HINCRBY", keys.revision(channel), "revision", "1");
  told.push(...(await fire(store, start + 2 * everyMs)));

  expect(told.map(({ revision, hereNowRefresh }) => [revision, hereNowRefresh])).toEqual([
    [5, true],
    [6, true],
  ]);
});

test("a channel that was forgotten with its summary is not told, and its next life is", async () => {
  const { store, port, keys } = await openLarge();
  for (const user of ["u", "v", "w"]) await leave(store, user, [channel], start + 1_000);
  await ask(port, "DEL", keys.revision(channel));

  expect(await fire(store, start + everyMs)).toEqual([]);
  expect(await ask(port, "ZCARD", keys.ticks)).toBe(0);
  for (const user of ["x", "y", "z"]) await touch(store, user, [channel], { at: start + everyMs });
  expect(toldBy(await fire(store, start + 2 * everyMs))).toEqual([
    { occupancy: 3, revision: 3, sinceRevision: 2, ...nobody, joined: ["z"], here: ["z"] },
  ]);
});

test("nothing is left of a summary after the last, and what nobody asks for goes by itself", async () => {
  const { store, port, keys } = await openLarge();
  const keptMs = (await ask(port, "PTTL", keys.visits(channel))) as number;
  expect(keptMs).toBeGreaterThan(2 * everyMs);
  await leave(store, "w", [channel], start + 1_000);
  await fire(store, start + everyMs);

  expect(await ask(port, "EXISTS", keys.visits(channel))).toBe(0);
  expect(await ask(port, "EXISTS", keys.ticks)).toBe(0);
  expect(await ask(port, "HGET", keys.revision(channel), "tick")).toBe(null);
});

test("the count of a channel without seats is kept until its last summary", async () => {
  const { store, port, keys } = await openLarge();
  store.presence.ticks.govern(() => ({ announceMax: 2, everyMs: 3_600_000 }));
  await touch(store, "x", [channel], { at: start + 1_000 });
  for (const user of ["u", "v", "w", "x"]) await leave(store, user, [channel], start + 1_000);

  expect(await ask(port, "PTTL", keys.revision(channel))).toBeGreaterThan(3_500_000);
});

test("partitions are asked when something is due by what the node knows, and every second otherwise", async () => {
  const { store, port } = await openLarge();
  const runs: string[] = [];
  const run = port.run.bind(port);
  port.run = (script, keys, args) => {
    runs.push(script.name);
    return run(script, keys, args);
  };
  const asked = async (at: number): Promise<number> => {
    runs.length = 0;
    await fire(store, at);
    return runs.filter((name) => name === "due").length;
  };
  expect([await asked(start), await asked(start + 999), await asked(start + 1_000)]).toEqual([24, 0, 24]);
  await asked(start + everyMs - 500);
  expect([await asked(start + everyMs - 1), await asked(start + everyMs), runs]).toEqual([
    0,
    1,
    ["due", "fire"],
  ]);
});

test("entries of nodes without summaries are read, and what newer ones add is left alone", () => {
  const decode = (text: string): unknown => decodeEntryText(1n as Timetoken, text, { leave: (at) => at });
  const change = { channel: "a", user: "u", state: undefined, occupancy: 3, revision: 7, epoch: "e", at: 5 };
  const entry = { kind: "change", timetoken: 1n };
  expect(decode('["j","a","u",null,3,7,"e",5]')).toEqual({ ...entry, change: { kind: "join", ...change } });
  expect(decode('["j","a","u",null,3,7,"e",5,true,"more"]')).toEqual({
    ...entry,
    change: { kind: "join", ...change, isSummedUp: true },
  });
  const interval = { channel: "a", occupancy: 3, epoch: "e", revision: 7, at: 5 };
  expect(decode('["i","a",3,"e",7,5,null,null,null,true]')).toEqual({
    ...{ kind: "interval", timetoken: 1n },
    interval: { ...interval, hereNowRefresh: true },
  });
  expect(decode('["i","a",3,"e",7,5,["u"],[],["v"],false,4,["u","{}","w",null]]')).toEqual({
    ...{ kind: "interval", timetoken: 1n },
    interval: {
      ...{ ...interval, joined: ["u"], left: [], timedOut: ["v"], hereNowRefresh: false, sinceRevision: 4 },
      here: new Map([
        ["u", "{}"],
        ["w", undefined],
      ]),
    },
  });
  expect(() => decode('["i","a",3,"e",7,5,[],[],[],false,null,["u"]]')).toThrow("An entry of the log");
});
