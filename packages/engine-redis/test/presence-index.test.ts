/** Users' indexes: what has gone is taken out, what is stale mends itself, and nothing that is there gets lost. */
import { seatsPerUserMax } from "@hereabouts/core";
import type { UserId } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import { expect, test } from "vitest";
import type { RedisPort } from "../src/port.ts";
import { loadScript } from "../src/scripts.ts";
import { createStore, freshPrefix, openPort, type TestStore } from "./support/stores.ts";
import { keyset, leave, start, sweep, touch, touched, whereNow } from "./support/verbs.ts";

const redis = useRedis();

async function openStore(): Promise<{ store: TestStore; port: RedisPort; indexed: () => Promise<string[]> }> {
  const port = await openPort(redis().url);
  const store = createStore({ port, prefix: freshPrefix(), now: start });
  const indexed = async (): Promise<string[]> => {
    await store.settled();
    const reply = await redis().command("ZRANGE", keyOf(store), "0", "-1");
    return Array.isArray(reply) ? reply.map(String).sort() : [];
  };
  return { store, port, indexed };
}

function keyOf({ keys }: TestStore): string {
  return keys.partition(keyset, "u").user("u" as UserId);
}

/** Enters channels that nobody sits in, as a node does that dies before it takes the seats. */
async function plant(
  port: RedisPort,
  store: TestStore,
  channels: readonly string[],
  at: number,
): Promise<void> {
  for (let from = 0; from < channels.length; from += 500) {
    const args = [`${at}000`, `${seatsPerUserMax}`, ...channels.slice(from, from + 500)];
    await port.run(loadScript("index"), [keyOf(store)], args);
  }
}

test("leaves and timeouts take their channels out", async () => {
  const { store, indexed } = await openStore();
  await touch(store, "u", ["a", "b"], { at: start });
  await touch(store, "u", ["c"], { at: start, seconds: 1 });
  await leave(store, "u", ["a"], start);
  await sweep(store, start + 1_000);
  expect(await indexed()).toEqual(["b"]);
});

test("a seat that was entered again since is not taken out, whoever renewed it", async () => {
  const { store, indexed } = await openStore();
  await touch(store, "u", ["a"], { at: start });
  const comings = Array.from({ length: 20 }, (_, turn) => [
    leave(store, "u", ["a"], start + turn),
    touched(store, "u", ["a"], { at: start + turn, isHandshake: true }),
  ]);
  await Promise.all(comings.flat());
  await touch(store, "u", ["a"], { at: start + 100, isHandshake: true });
  expect([await indexed(), await whereNow(store, "u", start + 100)]).toEqual([["a"], ["a"]]);
});

test("a handshake of a seat that is there already leaves it to be taken out at its end", async () => {
  const { store, indexed } = await openStore();
  for (const at of [start, start + 1, start + 2]) await touch(store, "u", ["a"], { at, isHandshake: true });
  await leave(store, "u", ["a"], start + 3);
  expect(await indexed()).toEqual([]);
});

test("what is stale is not shown, and is taken out when it cannot be a seat that is just being taken", async () => {
  const { store, port, indexed } = await openStore();
  await touch(store, "u", ["a"], { at: start });
  await plant(port, store, ["old"], start - 10_000);
  await plant(port, store, ["young"], start - 9_999);
  expect(await whereNow(store, "u", start)).toEqual(["a"]);
  expect(await indexed()).toEqual(["a", "young"]);
});

test("a user whose index is full of what is stale gets a seat all the same", async () => {
  const { store, port, indexed } = await openStore();
  const channels = Array.from({ length: seatsPerUserMax }, (_, index) => `old${index}`);
  await plant(port, store, channels, start - 60_000);
  expect(await touch(store, "u", ["a"], { at: start })).toEqual(["join u in a (1)"]);
  expect(await indexed()).toEqual(["a"]);
});

test("a poll that is refused a seat enters nothing", async () => {
  const { store, indexed } = await openStore();
  await touch(store, "u", ["a"], { at: start });
  const rest = { user: "u" as UserId, device: undefined, channels: ["a"] as never[] };
  await store.presence.leave(keyset, { ...rest, debounceMs: 2_000 }, start);
  const poll = {
    ...{ ...rest, timeoutSeconds: 60, defaultTimeoutSeconds: 300, states: undefined },
    ...{ intent: "implied" as const, asksForOwnJoins: false },
  };
  const { refusedUntil } = await store.presence.touch(keyset, poll, start + 1);
  expect([refusedUntil, await indexed()]).toEqual([start + 2_000, []]);
});
