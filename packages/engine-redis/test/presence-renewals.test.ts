/** Renewals that a node makes by itself, of leases it remembers: what they cost, and what they must not bring back. */
import type { UserId } from "@hereabouts/protocol";
import { useRedis } from "@hereabouts/testkit/redis";
import { describe, expect, test } from "vitest";
import type { RedisPort } from "../src/port.ts";
import { RememberedLeases } from "../src/presence/remembered.ts";
import { createStore, freshPrefix, openPort, type StoreOptions, type TestStore } from "./support/stores.ts";
import { hereNow, keyset, leave, start, sweep, touch, view, whereNow } from "./support/verbs.ts";

const redis = useRedis();

interface Node {
  readonly store: TestStore;
  /** Scripts and commands since they were last taken, by name. */
  readonly taken: () => string[];
}

type NodeOptions = Partial<StoreOptions> & { readonly send?: RedisPort["send"] };

async function openNode(prefix: string, { send, ...options }: NodeOptions = {}): Promise<Node> {
  const real = await openPort(redis().url);
  const names: string[] = [];
  const port: RedisPort = {
    takesAnyTags: true,
    run: (script, ...rest) => {
      names.push(script.name);
      return real.run(script, ...rest);
    },
    send: (command) => {
      names.push(command[0]);
      return (send ?? real.send.bind(real))(command);
    },
    subscribe: (...call) => real.subscribe(...call),
    onGap: (listener) => real.onGap(listener),
    masters: () => real.masters(),
    close: () => real.close(),
  };
  return {
    store: createStore({ port, prefix, now: start, ...options }),
    taken: () => names.splice(0),
  };
}

/** Two nodes, of which the second remembers that u's lease in a, taken at `start`, lasts until 62 s later. */
async function openNodes(options: NodeOptions = {}): Promise<readonly [Node, Node]> {
  const prefix = freshPrefix();
  const nodes = await Promise.all([openNode(prefix, options), openNode(prefix, options)]);
  const [, { store, taken }] = nodes;
  await touch(store, "u", ["a"], { at: start });
  await touch(store, "u", ["a"], { at: start + 2_000 });
  taken();
  return nodes;
}

describe("a lease that a node remembers", () => {
  test("is renewed by one command for each partition of its channels, and by no script", async () => {
    const { store, taken } = await openNode(freshPrefix(), { partitions: 2 });
    const channels = ["a", "b", "c", "d", "e", "f"];
    await touch(store, "u", channels, { at: start });
    await touch(store, "u", channels, { at: start + 1_000 });
    taken();
    const changes = await touch(store, "u", channels, { at: start + 2_000 });
    expect([changes, taken()]).toEqual([[], ["ZADD", "ZADD"]]);
    expect([await sweep(store, start + 61_999), (await sweep(store, start + 62_000)).length]).toEqual([
      [],
      6,
    ]);
  });

  test("is renewed by a script again when it may have ended by now", async () => {
    const [, { store, taken }] = await openNodes();
    expect([await touch(store, "u", ["a"], { at: start + 61_500 }), taken()]).toEqual([[], ["renew"]]);
  });

  test("is renewed for the seat's timeout by requests that ask for none", async () => {
    const { store, taken } = await openNode(freshPrefix());
    const ask = (at: number) =>
      store.presence.touch(
        keyset,
        {
          ...{ user: "u" as UserId, device: undefined, channels: ["a" as never], states: undefined },
          ...{ timeoutSeconds: undefined, defaultTimeoutSeconds: 300 },
          ...{ intent: "implied" as const, asksForOwnJoins: false },
        },
        at,
      );
    await touch(store, "u", ["a"], { at: start, seconds: 20 });
    await ask(start + 5_000);
    taken();
    await ask(start + 10_000);
    expect(taken()).toEqual(["ZADD"]);
    expect(await sweep(store, start + 29_999)).toEqual([]);
    expect(await sweep(store, start + 30_000)).toEqual(["timeout u in a (0)"]);
  });

  test("is renewed by two nodes in turns, each by itself", async () => {
    const [one, other] = await openNodes();
    await touch(one.store, "u", ["a"], { at: start + 3_000 });
    one.taken();
    for (let second = 10; second <= 60; second += 10) {
      const { store } = second % 20 === 0 ? one : other;
      expect(await touch(store, "u", ["a"], { at: start + second * 1_000 })).toEqual([]);
    }
    expect([...one.taken(), ...other.taken()]).toEqual(Array.from({ length: 6 }, () => "ZADD"));
    expect(await sweep(one.store, start + 119_999)).toEqual([]);
    expect(await sweep(other.store, start + 120_000)).toEqual(["timeout u in a (0)"]);
  });

  test("loses nothing to a node whose clock is behind", async () => {
    const [one, late] = await openNodes();
    await touch(one.store, "u", ["a"], { at: start + 30_000 });
    expect(await touch(late.store, "u", ["a"], { at: start + 20_000 })).toEqual([]);
    expect(late.taken()).toEqual(["ZADD", "renew"]);
    expect(await sweep(one.store, start + 89_999)).toEqual([]);
    expect(await sweep(one.store, start + 90_000)).toEqual(["timeout u in a (0)"]);
  });

  test("is told from that of the same user in a channel of the same name in another keyset", async () => {
    const [, { store, taken }] = await openNodes();
    const request = {
      ...{ user: "u" as UserId, device: undefined, channels: ["a" as never], states: undefined },
      ...{ timeoutSeconds: 60, defaultTimeoutSeconds: 300 },
      ...{ intent: "deliberate" as const, asksForOwnJoins: false },
    };
    const { changes } = await store.presence.touch("another" as never, request, start + 4_000);
    expect([changes.map(({ kind }) => kind), taken().includes("ZADD")]).toEqual([["join"], false]);
  });

  test("is a new seat after Redis was emptied", async () => {
    const [, { store }] = await openNodes();
    await redis().command("FLUSHALL");
    expect(await touch(store, "u", ["a"], { at: start + 10_000 })).toEqual(["join u in a (1)"]);
    expect(await touch(store, "u", ["a"], { at: start + 11_000 })).toEqual([]);
    expect(await hereNow(store, "a", start + 70_999)).toEqual(["u"]);
  });
});

describe("a renewal that comes late, from a node that remembers the lease,", () => {
  test("joins anew after the user has left", async () => {
    const [one, late] = await openNodes();
    expect(await leave(one.store, "u", ["a"], start + 30_000)).toEqual(["leave u in a (0)"]);
    expect(await touch(late.store, "u", ["a"], { at: start + 29_000 })).toEqual(["join u in a (1)"]);
  });

  test("joins anew after the seat was swept", async () => {
    const [one, late] = await openNodes();
    expect(await sweep(one.store, start + 62_000)).toEqual(["timeout u in a (0)"]);
    expect(await touch(late.store, "u", ["a"], { at: start + 60_000 })).toEqual(["join u in a (1)"]);
  });

  test("takes back that the lease was given up", async () => {
    const [one, late] = await openNodes();
    expect(await leave(one.store, "u", ["a"], start + 30_000, 5_000)).toEqual([]);
    expect(await touch(late.store, "u", ["a"], { at: start + 29_000 })).toEqual([]);
    expect(await sweep(one.store, start + 89_999)).toEqual([]);
    expect(await sweep(one.store, start + 90_000)).toEqual(["timeout u in a (0)"]);
  });

  test("renews its own lease only where another device has come, and where that has gone", async () => {
    const [one, late] = await openNodes();
    await touch(one.store, "u", ["a"], { at: start + 10_000, device: "phone" });
    expect(await touch(late.store, "u", ["a"], { at: start + 20_000 })).toEqual([]);
    const devices = async (at: number) =>
      (await view(one.store, "a", at)).occupants?.map((occupant) => occupant.devices);
    expect([await devices(start + 69_999), await devices(start + 70_000)]).toEqual([[2], [1]]);
    expect(await leave(one.store, "u", ["a"], start + 75_000, 0, "phone")).toEqual([]);
    expect(await sweep(late.store, start + 79_999)).toEqual([]);
    expect(await sweep(late.store, start + 80_000)).toEqual(["timeout u in a (0)"]);
  });

  test("gives the seat the timeout it asks for where another node has set another", async () => {
    const [one, late] = await openNodes();
    await touch(one.store, "u", ["a"], { at: start + 10_000, seconds: 10 });
    expect(await touch(late.store, "u", ["a"], { at: start + 15_000 })).toEqual([]);
    expect(await sweep(one.store, start + 74_999)).toEqual([]);
    expect(await sweep(one.store, start + 75_000)).toEqual(["timeout u in a (0)"]);
  });

  test.each([
    ["a roster", (store: TestStore, at: number) => hereNow(store, "a", at)],
    ["where now", (store: TestStore, at: number) => whereNow(store, "u", at)],
    [
      "a question for states",
      (store: TestStore, at: number) =>
        store.presence.states(keyset, "u" as UserId, ["a" as never], at).then(() => []),
    ],
  ])("does not renew what %s has left out, and is told of the end", async (_, look) => {
    const [one, late] = await openNodes();
    expect(await look(one.store, start + 62_000)).toEqual([]);
    expect(await touch(late.store, "u", ["a"], { at: start + 55_000 })).toEqual([
      "timeout u in a (0)",
      "join u in a (1)",
    ]);
    expect(await sweep(one.store, start + 121_999)).toEqual([]);
    expect(await sweep(one.store, start + 122_000)).toEqual(["timeout u in a (0)"]);
  });

  test("renews what is over but was neither shown nor swept", async () => {
    const [one, late] = await openNodes();
    expect(await touch(late.store, "u", ["a"], { at: start + 60_500 })).toEqual([]);
    expect(await sweep(one.store, start + 120_499)).toEqual([]);
    expect(await sweep(one.store, start + 120_500)).toEqual(["timeout u in a (0)"]);
  });
});

describe("an outage", () => {
  test("that many leases lived through does not keep others from being swept", async () => {
    const { store } = await openNode(freshPrefix(), { partitions: 1, outageMs: 5_000 });
    const users = Array.from({ length: 600 }, (_, index) => `u${index}`);
    await Promise.all(users.map((user) => touch(store, user, ["a"], { at: start })));
    await sweep(store, start + 10_000);
    const back = start + 110_000;
    expect(await sweep(store, back)).toEqual([]);
    await touch(store, "w", ["a"], { at: back, seconds: 10 });
    for (let at = back; at < back + 10_000; at += 2_000) expect(await sweep(store, at)).toEqual([]);
    expect(await sweep(store, back + 10_000)).toEqual(["timeout w in a (600)"]);
    expect(await touch(store, "u0", ["a"], { at: back + 12_000 })).toEqual([]);
    for (let at = back + 12_000; at < start + 160_000; at += 4_000)
      expect(await sweep(store, at)).toEqual([]);
    expect((await sweep(store, start + 160_000)).length).toBe(599);
    expect(await hereNow(store, "a", start + 160_000)).toEqual(["u0"]);
  });
});

describe("renewals", () => {
  test("wait for those before them, and then go out together", async () => {
    const gates: (() => void)[] = [];
    const real = await openPort(redis().url);
    const send: RedisPort["send"] = async (command) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return real.send(command);
    };
    const { store, taken } = await openNode(freshPrefix(), { partitions: 1, send });
    const users = ["u", "v", "w", "x"];
    for (const at of [start, start + 1_000]) {
      await Promise.all(users.map((user) => touch(store, user, ["a"], { at })));
    }
    taken();
    const touches: Promise<string[]>[] = [];
    for (const user of users) {
      touches.push(touch(store, user, ["a"], { at: start + 2_000 }));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(taken()).toEqual(["ZADD"]);
    gates.shift()?.();
    await touches[0];
    while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(taken()).toEqual(["ZADD"]);
    gates.shift()?.();
    expect((await Promise.all(touches)).flat()).toEqual([]);
  });

  test("need no memory: beyond its bound they are scripts, until what is over makes room", async () => {
    const leases = new RememberedLeases(2);
    const { store, taken } = await openNode(freshPrefix(), { partitions: 1, leases });
    const renewAll = async (at: number) => {
      const changes: string[] = [];
      for (const user of ["u", "v", "w"]) changes.push(...(await touch(store, user, ["a"], { at })));
      return changes;
    };
    await renewAll(start);
    await renewAll(start + 1_000);
    taken();
    expect([await renewAll(start + 2_000), taken(), leases.size]).toEqual([[], ["ZADD", "ZADD", "renew"], 2]);
    await leave(store, "u", ["a"], start + 3_000);
    for (const second of [30, 62, 63]) await touch(store, "w", ["a"], { at: start + second * 1_000 });
    taken();
    expect([await touch(store, "w", ["a"], { at: start + 64_000 }), taken()]).toEqual([[], ["ZADD"]]);
    expect(leases.size).toBe(2);
  });
});
