/** Many at once: renewals that share a call, channels too large for one look, large states, scripts that are gone. */
import { EngineError, type Instant } from "@hereabouts/core";
import { useRedis } from "@hereabouts/testkit/redis";
import { describe, expect, test } from "vitest";
import type { RedisPort } from "../src/port.ts";
import { slotOf } from "../src/slots.ts";
import { createStore, freshPrefix, openPort, type TestStore } from "./support/stores.ts";
import { hereNow, keyset, leave, start, sweep, touch, touched, view } from "./support/verbs.ts";

const redis = useRedis();

/** A store, and the names of the scripts it ran since they were last taken. */
async function openStore(
  partitions = 24,
  differences: Partial<RedisPort> = {},
): Promise<{ store: TestStore; taken: () => string[] }> {
  const port = await openPort(redis().url);
  const { run: runAs = port.run.bind(port), ...rest } = differences;
  const ran: string[] = [];
  const run: RedisPort["run"] = (script, keys, args) => {
    ran.push(script.name);
    return runAs(script, keys, args);
  };
  const store = createStore({
    port: { ...port, ...rest, run },
    prefix: freshPrefix(),
    now: start,
    partitions,
  });
  return { store, taken: () => ran.splice(0) };
}

async function seatMany(
  store: TestStore,
  users: number,
  optionsOf: (user: number) => { seconds?: number; state?: string },
): Promise<void> {
  for (let first = 0; first < users; first += 250) {
    const touches = Array.from({ length: Math.min(250, users - first) }, (_, index) =>
      touched(store, `u${first + index}`, ["a"], { at: start, ...optionsOf(first + index) }),
    );
    await Promise.all(touches);
  }
}

describe("renewals", () => {
  const channels = Array.from({ length: 12 }, (_, index) => `c${index}`);
  const users = Array.from({ length: 10 }, (_, index) => `u${index}`);

  async function renewAll(store: TestStore, at: Instant): Promise<string[]> {
    return (await Promise.all(users.map((user) => touch(store, user, channels, { at })))).flat();
  }

  test("of one turn go out as one call, and change nothing", async () => {
    const { store, taken } = await openStore(3);
    await renewAll(store, start);
    taken();
    expect([await renewAll(store, start + 30_000), taken()]).toEqual([[], ["renew"]]);
    expect([await sweep(store, start + 89_999), await hereNow(store, "c0", start + 89_999)]).toEqual([
      [],
      users,
    ]);
    expect((await sweep(store, start + 90_000)).length).toBe(120);
  });

  test("of one turn go out as one call per partition where keys of a call must have one tag", async () => {
    const { store, taken } = await openStore(3, { takesAnyTags: false });
    await renewAll(store, start);
    taken();
    expect([await renewAll(store, start + 30_000), taken()]).toEqual([[], ["renew", "renew", "renew"]]);
    expect([await sweep(store, start + 89_999), (await sweep(store, start + 90_000)).length]).toEqual([
      [],
      120,
    ]);
  });

  test("of one turn are sent anew by partition where a proxy turns out to have slots, and apart from then on", async () => {
    const real = await openPort(redis().url);
    const run: RedisPort["run"] = (script, keys, args) => {
      if (new Set(keys.map(slotOf)).size === 1) return real.run(script, keys, args);
      const cause = new Error("CROSSSLOT Keys in request don't hash to the same slot");
      return Promise.reject(new EngineError("unavailable", cause.message, { cause }));
    };
    const { store, taken } = await openStore(3, { run, takesAnyTags: true });
    await renewAll(store, start);
    expect(taken().filter((name) => name === "renew").length).toBe(4);
    expect([await renewAll(store, start + 30_000), taken()]).toEqual([[], ["renew", "renew", "renew"]]);
    expect([await sweep(store, start + 89_999), (await sweep(store, start + 90_000)).length]).toEqual([
      [],
      120,
    ]);
  });

  test("need not search: seats of many are kept in a table, of few in a list, and nothing is there besides", async () => {
    const { store } = await openStore(1);
    const [partition] = store.keys.partitionsOf(keyset);
    const look = async () => [
      await redis().command("OBJECT", "ENCODING", partition?.seats ?? ""),
      await redis().command("HLEN", partition?.seats ?? ""),
    ];
    await seatMany(store, 31, () => ({}));
    expect(await look()).toEqual(["listpack", 31]);
    await seatMany(store, 32, () => ({}));
    expect(await look()).toEqual(["hashtable", 32]);
  });

  test("of two devices of one user in one turn both count", async () => {
    const { store } = await openStore();
    const devices = ["phone", "a-laptop-with-a-name-of-many-letters"];
    for (const device of devices) await touch(store, "u", ["a"], { at: start, device });
    const both = devices.map((device) => touch(store, "u", ["a"], { at: start + 30_000, device }));
    expect((await Promise.all(both)).flat()).toEqual([]);
    const { occupants } = await view(store, "a", start + 89_999);
    expect(occupants?.map((occupant) => occupant.devices)).toEqual([2]);
  });

  test("that make a deadline come earlier end the seat then, not when it would have ended", async () => {
    const { store } = await openStore();
    await touch(store, "u", ["a"], { at: start, device: "phone", seconds: 60 });
    await touch(store, "u", ["a"], { at: start, device: "laptop", seconds: 2 });
    await sweep(store, start);
    // The laptop's lease ends; the phone's own lasts longer than the timeout that is now the seat's.
    expect(await touch(store, "u", ["a"], { at: start + 3_000, device: "phone", seconds: 2 })).toEqual([]);
    expect(await sweep(store, start + 4_999)).toEqual([]);
    expect(await sweep(store, start + 5_000)).toEqual(["timeout u in a (0)"]);
  });

  test("of the only lease left may end sooner than it did, too", async () => {
    const { store } = await openStore();
    await touch(store, "u", ["a"], { at: start, device: "phone", seconds: 60 });
    await touch(store, "u", ["a"], { at: start, device: "laptop", seconds: 2 });
    const laptop = { user: "u" as never, device: "laptop" as never, channels: ["a" as never], debounceMs: 0 };
    await store.presence.leave("sub-key" as never, laptop, start);
    await sweep(store, start);
    expect(await touch(store, "u", ["a"], { at: start + 3_000, device: "phone", seconds: 2 })).toEqual([]);
    expect(await sweep(store, start + 5_000)).toEqual(["timeout u in a (0)"]);
  });

  test("fail with an engine error each when the call fails, and the next ones do not", async () => {
    const port = await openPort(redis().url);
    let isFailing = false;
    const failing = new EngineError("timeout", "No answer.", { cause: undefined });
    const run: RedisPort["run"] = (...call) => (isFailing ? Promise.reject(failing) : port.run(...call));
    const store = createStore({ port: { ...port, run }, prefix: freshPrefix(), now: start });
    await touch(store, "u", ["a", "b"], { at: start });
    isFailing = true;
    const errors = [1, 2].map(() => touch(store, "u", ["a", "b"], { at: start + 1 }).catch((error) => error));
    expect(await Promise.all(errors)).toEqual([failing, failing]);
    isFailing = false;
    expect(await touch(store, "u", ["a", "b"], { at: start + 2 })).toEqual([]);
  });
});

describe("a channel of 3,000 seats", () => {
  test("is told as a whole over several calls, with nobody twice and nobody missing", async () => {
    const { store } = await openStore();
    await seatMany(store, 3_000, () => ({}));
    const whole = await view(store, "a", start, { limit: 10_000 });
    const part = await view(store, "a", start, { offset: 500, limit: 2_000 });
    const rest = await view(store, "a", start, { limit: 10_000, after: part.next });
    const users = whole.occupants?.map((occupant) => occupant.user) ?? [];
    expect([whole.occupancy, users.length, new Set(users).size, whole.next]).toEqual([
      3_000,
      3_000,
      3_000,
      undefined,
    ]);
    expect([...(part.occupants ?? []), ...(rest.occupants ?? [])].map((each) => each.user)).toEqual(
      users.slice(500),
    );
  });

  test("leaves out who is overdue, however many they are", async () => {
    const { store } = await openStore();
    await seatMany(store, 3_000, (user) => ({ seconds: user % 2 === 0 ? 1 : 60 }));
    const at = start + 1_000;
    const { occupancy, occupants = [] } = await view(store, "a", at, { offset: 1_000, limit: 100 });
    const order = (await view(store, "a", start, { limit: 10_000 })).occupants ?? [];
    const live = order.map((each) => each.user).filter((user) => Number(user.slice(1)) % 2 === 1);
    expect([occupancy, occupants.map((each) => each.user)]).toEqual([1_500, live.slice(1_000, 1_100)]);
    expect((await sweep(store, at)).length).toBe(1_500);
    expect((await view(store, "a", at, { limit: 0 })).occupancy).toBe(1_500);
  });

  test("times out in the order of deadlines, batch by batch", async () => {
    const { store } = await openStore();
    await seatMany(store, 3_000, (user) => ({ seconds: 1 + (user % 30) }));
    const deadlines: number[] = [];
    for (let batch = 0; batch < 4; batch++) {
      const changes = await store.presence.sweep("sub-key" as never, start + 60_000, 900);
      deadlines.push(...changes.map((change) => change.at));
    }
    expect([deadlines.length, deadlines]).toEqual([3_000, [...deadlines].sort((one, other) => one - other)]);
  });
});

test("states of 32 kB are told by joins, pages and leaves, more of them than one answer carries", async () => {
  const { store } = await openStore();
  const state = JSON.stringify({ text: 'ä/"\\'.repeat(4_000).slice(0, 15_000) });
  await seatMany(store, 60, () => ({ state }));
  const { occupants = [] } = await view(store, "a", start);
  expect(occupants.map((occupant) => occupant.state)).toEqual(Array.from({ length: 60 }, () => state));
  const request = { user: "u0" as never, device: undefined, channels: ["a" as never], debounceMs: 0 };
  const [change] = await store.presence.leave("sub-key" as never, request, start);
  expect(change?.state).toBe(state);
});

test("scripts that Redis has forgotten are brought again, by whatever verb comes first", async () => {
  const { store } = await openStore();
  const flush = () => redis().command("SCRIPT", "FLUSH");
  await flush();
  expect(await touch(store, "u", ["a"], { at: start })).toEqual(["join u in a (1)"]);
  await flush();
  expect(await touch(store, "u", ["a"], { at: start + 1 })).toEqual([]);
  await flush();
  expect(await hereNow(store, "a", start + 1)).toEqual(["u"]);
  await flush();
  expect(await sweep(store, start + 100_000)).toEqual(["timeout u in a (0)"]);
  await flush();
  expect(await leave(store, "u", ["a"], start + 100_000)).toEqual([]);
});
