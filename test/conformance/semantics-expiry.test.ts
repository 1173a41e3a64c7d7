/** Semantics conformance: how seats end in silence, and what keeps them (semantics §§ 2 and 14). */
import { eventsOf, observe, observePresence, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  eventsThenQuiet,
  expectHeld,
  inEachWorld,
  nextItem,
  presenceOk,
  usersIn,
} from "./support.ts";

const timeout = { action: "timeout", channel: "ch", user: "u", occupancy: 0 };
const join = { action: "join", channel: "ch", user: "u", occupancy: 1 };

/** Never early, and within a second of the deadline. */
function expectInTime(afterMs: number, seconds: number): void {
  expect(afterMs).toBeGreaterThanOrEqual(seconds * 1_000);
  expect(afterMs).toBeLessThanOrEqual(seconds * 1_000 + 1_000);
}

inEachWorld("expiry", (open) => {
  test("[S-009] a user that falls silent times out, with empty data, and its state is gone", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat: 2 });
    expect(await observer.collectEvents()).toEqual([join]);

    const { item, afterMs } = await nextItem(observer, client, 3_000);

    expectInTime(afterMs, 2);
    expect(eventsOf([item])).toEqual([timeout]);
    expect(item.d).toEqual({
      action: "timeout",
      uuid: "u",
      timestamp: expect.any(Number),
      precise_timestamp: expect.any(Number),
      data: {},
      occupancy: 0,
      epoch: expect.any(String),
      revision: expect.any(Number),
    });
    expect(await usersIn(client, "ch")).toEqual([]);
    expect(bodyOf(await client.getState("u", "ch"))).toMatchObject({ payload: {} });
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("a seat is seen until its deadline and not after, swept or not", async () => {
    const client = await open();
    await client.world.advance(37);
    await client.heartbeat("u", "ch", { heartbeat: 2 });

    await client.world.advance(1_999);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    await client.world.advance(1);
    expect(await usersIn(client, "ch")).toEqual([]);
  });

  test("[S-010] heartbeats keep a user, the last one counts", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat: 2 });
    for (let second = 0; second < 5; second += 1) {
      await client.world.advance(1_000);
      await client.heartbeat("u", "ch", { heartbeat: 2 });
    }
    expect(await observer.collectEvents()).toEqual([join]);

    const { item, afterMs } = await nextItem(observer, client, 3_000);

    expectInTime(afterMs, 2);
    expect(eventsOf([item])).toEqual([timeout]);
  });

  test("[S-011] a poll that is open and idle keeps nobody", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { heartbeat: 2 });
    await observer.collectEvents();
    await client.world.advance(500);

    const poll = await client.poll("u", "ch", cursor, { heartbeat: 2 });

    const { item, afterMs } = await nextItem(observer, client, 3_000);
    expectInTime(afterMs, 2);
    expect(eventsOf([item])).toEqual([timeout]);
    await expectHeld(poll, client);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  const messageEachSecond = async (client: TestClient, seconds: number): Promise<void> => {
    const reader = await observe(client, "ch", { user: "u", heartbeat: 2 });
    for (let second = 0; second < seconds; second += 1) {
      await client.world.advance(1_000);
      await client.publish("writer", "ch", second);
      expect((await reader.collect()).map((item) => item.d)).toEqual([second]);
    }
    reader.stop();
  };

  test("[S-012] a poll that is answered and comes back keeps its user, where polls count", async () => {
    const client = await open({ policy: { impliedHeartbeat: true } });
    const observer = await observePresence(client, "ch");

    await messageEachSecond(client, 7);

    expect(await observer.collectEvents()).toEqual([join]);
    const { afterMs } = await nextItem(observer, client, 3_000);
    expectInTime(afterMs, 2);
  });

  test("[S-012] the answer to a poll counts, although it does not come back", async () => {
    const client = await open({ policy: { impliedHeartbeat: true } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { heartbeat: 2 });
    const poll = await client.poll("u", "ch", cursor);
    await client.world.advance(1_500);
    await client.publish("writer", "ch", "hey");
    expect((await answerOf(poll)).items).toHaveLength(1);
    expect(await observer.collectEvents()).toEqual([join]);

    const { item, afterMs } = await nextItem(observer, client, 3_000);

    expect(eventsOf([item])).toEqual([timeout]);
    expectInTime(afterMs, 2);
  });

  test("[S-013] a poll that is answered and comes back keeps nobody, where polls do not count", async () => {
    const client = await open({ policy: { impliedHeartbeat: false } });
    const observer = await observePresence(client, "ch");
    const begun = client.world.now();

    await messageEachSecond(client, 4);

    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([join, timeout]);
    expectInTime(Number(BigInt(items[1]?.p.t ?? 0) / 10_000n) - begun, 2);
  });

  test("[S-014] a client that starts anew within its time neither leaves nor joins", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat: 3, connection: "own" });
    await client.world.advance(1_000);

    await client.handshake("u", "ch", { heartbeat: 30, connection: "own" });

    expect(await eventsThenQuiet(observer, client)).toEqual([join]);
    await client.world.advance(5_000);
    expect(await observer.collectEvents()).toEqual([]);
  });

  test.each([
    ["absent", undefined],
    ["empty", ""],
    ["0", "0"],
    ["no number", "x"],
    ["negative", "-5"],
  ])("[S-015] a presence timeout that is %s is the default's 300 seconds", async (_what, heartbeat) => {
    const client = await open();
    const observer = await observePresence(client, "ch");

    const reply = await client.heartbeat("u", "ch", heartbeat === undefined ? {} : { heartbeat });

    expect(bodyOf(reply)).toEqual(presenceOk);
    await client.world.advance(299_900);
    expect(await observer.collectEvents()).toEqual([join]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    await client.world.advance(600);
    expect(await observer.collectEvents()).toEqual([timeout]);
  });

  test.each([
    ["2.9", 2],
    ["1", 1],
    ["999999", 3_600],
  ])("a presence timeout of %s is %i seconds", async (heartbeat, seconds) => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat });

    await client.world.advance(seconds * 1_000 - 1);
    expect(await observer.collectEvents()).toEqual([join]);
    await client.world.advance(501);

    expect(await observer.collectEvents()).toEqual([timeout]);
  });

  test("a request without a timeout leaves the seat's own alone, the latest one given counts", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat: 3 });
    await client.world.advance(1_000);
    await client.heartbeat("u", "ch");

    const first = await nextItem(observer, client, 100);
    expect(eventsOf([first.item])).toEqual([join]);
    await client.world.advance(2_900);
    expect(await observer.collectEvents()).toEqual([]);
    await client.world.advance(200);
    expect(await observer.collectEvents()).toEqual([timeout]);
    await client.heartbeat("u", "ch", { heartbeat: 30 });
    await client.heartbeat("u", "ch", { heartbeat: 2 });
    expect(await observer.collectEvents()).toEqual([join]);
    expectInTime((await nextItem(observer, client, 3_000)).afterMs, 2);
  });

  test("the policy's presence timeout is the default", async () => {
    const client = await open({ policy: { presenceTimeoutSeconds: 7 } });
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch");
    await observer.collectEvents();

    expectInTime((await nextItem(observer, client, 8_000)).afterMs, 7);
  });

  test("[S-016] a user that polls its own presence channel is told of its own timeout", async () => {
    const client = await open();
    const own = await observe(client, ["ch", "ch-pnpres"], { user: "u", heartbeat: 2 });
    // The answer with the join is activity, the poll after it, too.
    expect(await own.collectEvents()).toEqual([join]);
    const cursor = own.cursor();
    own.stop();
    const poll = await client.poll("u", ["ch", "ch-pnpres"], cursor, { heartbeat: 2 });

    await client.world.advance(1_900);
    await expectHeld(poll, client);
    await client.world.advance(600);

    expect(eventsOf((await answerOf(poll)).items)).toEqual([timeout]);
  });

  test("a poll that comes back after its user's timeout joins again", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { heartbeat: 2 });
    await client.world.advance(2_500);
    expect(await observer.collectEvents()).toEqual([join, timeout]);

    await client.poll("u", "ch", cursor);

    expect(await eventsThenQuiet(observer, client)).toEqual([join]);
  });

  test("[S-070] a poll whose connection closes leaves nothing: its user times out at its deadline", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { heartbeat: 4 });
    const poll = await client.poll("u", "ch", cursor, { heartbeat: 4 });
    expect(await observer.collectEvents()).toEqual([join]);
    await client.world.advance(1_000);

    poll.drop();
    while ((await client.world.waiters()) > 1) await client.world.advance(0);

    await client.world.advance(2_900);
    expect(await observer.collectEvents()).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    const { item, afterMs } = await nextItem(observer, client, 1_100);
    expect(eventsOf([item])).toEqual([timeout]);
    expect(afterMs).toBeGreaterThanOrEqual(100);
  });

  test("users of one deadline time out together, each told once, occupancy counting down", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    for (let number = 0; number < 20; number += 1)
      await client.heartbeat(`u${number}`, "ch", { heartbeat: 5 });
    expect(await observer.collectEvents()).toHaveLength(20);

    await client.world.advance(5_500);

    const events = await observer.collectEvents();
    expect(events.map((event) => event.occupancy)).toEqual(
      Array.from({ length: 20 }, (_, index) => 19 - index),
    );
    expect(new Set(events.map((event) => event.user)).size).toBe(20);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });
});
