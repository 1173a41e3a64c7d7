/** Several nodes on one Redis: what one does the others see, and what one leaves undone the others do. */
import { EngineError } from "@hereabouts/core";
import { startRedis, useRedis } from "@hereabouts/testkit/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { createStore, freshPrefix, openPort, type TestStore } from "./support/stores.ts";
import { hereNow, leave, start, sweep, touch, touched, view, whereNow } from "./support/verbs.ts";

const redis = useRedis();

/** Two nodes, each with connections of its own. */
async function openNodes(outageMs?: number): Promise<readonly [TestStore, TestStore]> {
  const prefix = freshPrefix();
  const [one, other] = await Promise.all([openPort(redis().url), openPort(redis().url)]);
  const rest = { prefix, now: start, ...(outageMs !== undefined && { outageMs }) };
  return [createStore({ port: one, ...rest }), createStore({ port: other, ...rest })];
}

describe("two nodes", () => {
  test("see each other's seats at once, and renew and end them", async () => {
    const [one, other] = await openNodes();
    expect(await touch(one, "u", ["a", "b"], { at: start })).toEqual(["join u in a (1)", "join u in b (1)"]);
    expect([await hereNow(other, "a", start), await whereNow(other, "u", start)]).toEqual([
      ["u"],
      ["a", "b"],
    ]);
    expect(await touch(other, "u", ["a", "b"], { at: start + 50_000 })).toEqual([]);
    expect(await hereNow(one, "a", start + 100_000)).toEqual(["u"]);
    expect(await leave(other, "u", ["a"], start + 100_000)).toEqual(["leave u in a (0)"]);
    expect(await hereNow(one, "a", start + 100_000)).toEqual([]);
  });

  test("end every overdue seat once between them, sweeping at the same moment", async () => {
    const [one, other] = await openNodes();
    for (let user = 0; user < 300; user++) {
      await touched(one, `u${user}`, [`a${user % 40}`], { at: start, seconds: 1 });
    }
    const sweeps = await Promise.all(
      Array.from({ length: 6 }, (_, turn) => sweep(turn % 2 === 0 ? one : other, start + 1_000, 100)),
    );
    const users = sweeps.flat().map((change) => change.split(" ")[1]);
    expect([users.length, new Set(users).size]).toEqual([300, 300]);
  });

  test("end in time what a node that died has seated", async () => {
    const [dead, living] = await openNodes();
    await sweep(living, start);
    await touch(dead, "u", ["a"], { at: start, seconds: 2 });
    expect(await sweep(living, start + 1_999)).toEqual([]);
    expect(await sweep(living, start + 2_000)).toEqual(["timeout u in a (0)"]);
    expect(await whereNow(living, "u", start + 2_000)).toEqual([]);
  });

  test("take nobody's time when the clock of one is behind, as after its machine was suspended", async () => {
    const [one, late] = await openNodes();
    await touch(one, "u", ["a"], { at: start, seconds: 4 });
    await sweep(one, start + 3_000);
    await touch(one, "u", ["a"], { at: start + 3_500, seconds: 4 });
    await touch(late, "u", ["a"], { at: start + 500, seconds: 4 });
    await touch(late, "v", ["a"], { at: start + 500, seconds: 4 });
    expect(await sweep(one, start + 6_999)).toEqual([]);
    expect(await sweep(one, start + 7_000)).toEqual(["timeout v in a (1)"]);
    expect(await sweep(one, start + 7_500)).toEqual(["timeout u in a (0)"]);
  });

  test("make no lease shorter by a touch that came late, though nobody has swept since", async () => {
    const [one, late] = await openNodes();
    const channels = ["plain", "asked again", "handshake", "of another device"];
    await touch(one, "u", channels, { at: start, seconds: 4 });
    await touch(one, "u", ["of another device"], { at: start + 900, seconds: 4, device: "phone" });
    await touch(one, "u", channels, { at: start + 1_000, seconds: 4 });
    await touch(late, "u", ["plain", "of another device"], { at: start + 850, seconds: 4 });
    await touch(late, "u", ["of another device"], { at: start + 860, seconds: 4, device: "phone" });
    await touch(late, "u", ["asked again"], { at: start + 870, seconds: 60 });
    await touch(late, "u", ["asked again"], { at: start + 880, seconds: 4 });
    await touch(late, "u", ["handshake"], { at: start + 890, seconds: 4, isHandshake: true });
    expect(await sweep(one, start + 4_999)).toEqual([]);
    expect((await sweep(one, start + 5_000)).sort()).toEqual([
      "timeout u in asked again (0)",
      "timeout u in handshake (0)",
      "timeout u in of another device (0)",
      "timeout u in plain (0)",
    ]);
  });

  test("make a lease shorter by a touch that asks for less, whatever others asked for meanwhile", async () => {
    const [one, other] = await openNodes();
    await touch(one, "u", ["a"], { at: start, seconds: 300, device: "phone" });
    await touch(other, "u", ["a"], { at: start + 1_000, seconds: 10, device: "laptop" });
    await touch(one, "u", ["a"], { at: start + 2_000, seconds: 10, device: "phone" });
    expect(await sweep(other, start + 11_999)).toEqual([]);
    expect(await sweep(other, start + 12_000)).toEqual(["timeout u in a (0)"]);
  });

  test("let a seat stand that was renewed after it was given up with a grace, though they hear of it in the other order", async () => {
    const [one, late] = await openNodes();
    await touch(one, "u", ["a", "b"], { at: start, seconds: 4 });
    await touch(one, "u", ["a", "b"], { at: start + 1_000, seconds: 4 });
    await leave(late, "u", ["a"], start + 900, 1_000);
    await leave(late, "u", ["b"], start + 1_000, 1_000);
    expect(await sweep(one, start + 2_000)).toEqual(["leave u in b (0)"]);
    expect(await sweep(one, start + 4_999)).toEqual([]);
    expect(await sweep(one, start + 5_000)).toEqual(["timeout u in a (0)"]);
  });

  test("do not renew a seat that one of them has shown to be over, though what renews it is older", async () => {
    const [one, late] = await openNodes();
    for (const user of ["u", "v", "w"]) await touch(one, user, ["a", user], { at: start, seconds: 4 });
    expect(await hereNow(one, "u", start + 4_000)).toEqual([]);
    expect(await touch(late, "u", ["u"], { at: start + 3_900, seconds: 4 })).toEqual([
      "timeout u in u (0)",
      "join u in u (1)",
    ]);
    expect(await whereNow(one, "v", start + 4_000)).toEqual([]);
    expect(await touch(late, "v", ["v"], { at: start + 3_900, seconds: 4 })).toEqual([
      "timeout v in v (0)",
      "join v in v (1)",
    ]);
    expect(await touch(late, "w", ["a"], { at: start + 3_999, seconds: 4 })).toEqual([
      "timeout w in a (2)",
      "join w in a (3)",
    ]);
  });

  test("find a deadline that the other one made earlier within two seconds", async () => {
    const [one, other] = await openNodes();
    await touch(one, "u", ["a"], { at: start, seconds: 300 });
    await sweep(other, start);
    await touch(one, "u", ["a"], { at: start, seconds: 1 });
    const ended: string[] = [];
    for (let at = start; at <= start + 2_000; at += 100) ended.push(...(await sweep(other, at)));
    expect(ended).toEqual(["timeout u in a (0)"]);
  });

  test("ask a partition of which they know that nothing is due once a second, and not more", async () => {
    const prefix = freshPrefix();
    const port = await openPort(redis().url);
    let calls = 0;
    const counting = {
      ...port,
      run: (...call: Parameters<typeof port.run>) => {
        calls += 1;
        return port.run(...call);
      },
    };
    const store = createStore({ port: counting, prefix, now: start, partitions: 1 });
    await touch(store, "u", ["a"], { at: start, seconds: 300 });
    calls = 0;
    for (let at = start; at < start + 10_000; at += 100) await sweep(store, at);
    expect(calls).toBe(10);
  });
});

describe("an outage", () => {
  test("gives seats the time for which nobody could sweep", async () => {
    const [one, other] = await openNodes(5_000);
    for (const user of ["u", "v"]) await touch(one, user, ["a"], { at: start, seconds: 60 });
    await sweep(one, start + 10_000);
    const back = start + 110_000;
    expect(await hereNow(other, "a", back)).toEqual(["u", "v"]);
    expect(await touch(other, "u", ["a"], { at: back, seconds: 60 })).toEqual([]);
    expect([await sweep(one, back), await whereNow(one, "v", back)]).toEqual([[], ["a"]]);
    for (let at = back; at < start + 160_000; at += 4_000) expect(await sweep(other, at)).toEqual([]);
    expect(await sweep(other, start + 159_999)).toEqual([]);
    expect(await sweep(one, start + 160_000)).toEqual(["timeout v in a (1)"]);
    for (const ms of [164_000, 168_000, 169_999]) expect(await sweep(one, start + ms)).toEqual([]);
    expect(await sweep(other, back + 60_000)).toEqual(["timeout u in a (0)"]);
  });

  test("gives leases of a seat the time that each of them lived through, those given up among them", async () => {
    const [one, other] = await openNodes(5_000);
    await touch(one, "u", ["a"], { at: start, seconds: 300, device: "phone" });
    await sweep(one, start + 1_000);
    await touch(other, "u", ["a"], { at: start + 20_000, seconds: 10, device: "laptop" });
    await sweep(one, start + 20_000);
    for (let at = start + 24_000; at < start + 318_000; at += 4_000)
      expect(await sweep(other, at)).toEqual([]);
    await touch(one, "u", ["a"], { at: start + 318_000, seconds: 60, device: "phone" });
    await leave(one, "u", ["a"], start + 318_000, 2_000, "phone");
    await sweep(one, start + 318_000);
    expect(await sweep(other, start + 330_000)).toEqual([]);
    expect(await sweep(other, start + 331_999)).toEqual([]);
    expect(await sweep(one, start + 332_000)).toEqual(["leave u in a (0)"]);
  });

  test("that a touch meets before any sweep has ended nobody's seat", async () => {
    const [one, other] = await openNodes(5_000);
    await touch(one, "u", ["a"], { at: start, seconds: 60 });
    await sweep(one, start);
    expect(await touch(other, "u", ["a"], { at: start + 300_000, isHandshake: true })).toEqual([]);
    expect(await leave(other, "u", ["a"], start + 300_000)).toEqual(["leave u in a (0)"]);
  });

  test("is none as long as one node sweeps", async () => {
    const [one, other] = await openNodes(5_000);
    await touch(one, "u", ["a"], { at: start, seconds: 60 });
    for (let at = start; at < start + 60_000; at += 2_000) await sweep(other, at);
    expect(await sweep(one, start + 60_000)).toEqual(["timeout u in a (0)"]);
  });

  test("that nobody asked to be made up for gives no time", async () => {
    const [one, other] = await openNodes();
    await touch(one, "u", ["a"], { at: start, seconds: 60 });
    await sweep(one, start);
    expect(await sweep(other, start + 300_000)).toEqual(["timeout u in a (0)"]);
  });

  test("of Redis fails verbs at once, and a Redis that comes back empty gets its seats back in a new epoch", async () => {
    const server = await startRedis();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const port = await openPort(server.url);
    const store = createStore({ port, prefix: freshPrefix(), now: start });
    await touch(store, "u", ["a"], { at: start });
    const before = await view(store, "a", start);
    await server.kill();
    const error = await touched(store, "u", ["a"], { at: start }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    await server.restart();
    const back: string[] = [];
    await eventually(async () => {
      back.push(...(await touch(store, "u", ["a"], { at: start + 1_000 }).catch(() => [])));
      return back.length > 0;
    }, "Redis is used again");
    back.push(...(await touch(store, "u", ["a"], { at: start + 2_000 })));
    const after = await view(store, "a", start + 2_000);
    expect([back, after.occupancy, after.epoch === before.epoch]).toEqual([["join u in a (1)"], 1, false]);
  });
});
