/**
 * Semantics conformance: what a closed connection does where the policy says that it leaves (semantics §§ 6 and 15). A
 * connection is that of a held poll, or a stream's. Of polls alone are answers and what follows them, and that they do
 * not leave where the policy does not say so: a stream's seats stand on it under every policy (stream-seats.test.ts).
 */
import type { Policy } from "@hereabouts/core";
import {
  type Cursor,
  type HeldPoll,
  type Noted,
  type Observer,
  observePresence,
  type TestClient,
} from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  dropNoticed,
  eventsThenQuiet,
  expectHeld,
  nextItem,
  type Open,
  overEachTransport,
  usersIn,
} from "./support.ts";

const on = { leaveOnDisconnect: true } as const;
const own = { connection: "own" } as const;

function event(action: string, occupancy = action === "join" ? 1 : 0, channel = "ch"): Noted {
  return { action, channel, user: "u", occupancy };
}

/** A poll of user `u` that is held. */
async function hold(
  client: TestClient,
  channels: string,
  more: { readonly from?: Cursor; readonly device?: string } = {},
): Promise<{ readonly poll: HeldPoll; readonly cursor: Cursor }> {
  const { from, ...device } = more;
  const cursor = from ?? (await client.handshake("u", channels, device));
  const poll = await client.poll("u", channels, cursor, { ...own, ...device });
  await expectHeld(poll, client);
  return { poll, cursor };
}

/** User `u` has joined, in sight of an observer, and the connection of its held poll has closed. */
async function cutOff(
  open: Open,
  policy: Partial<Policy> = on,
): Promise<{ readonly client: TestClient; readonly observer: Observer; readonly cursor: Cursor }> {
  const client = await open({ policy });
  const observer = await observePresence(client, "ch");
  const { poll, cursor } = await hold(client, "ch");
  await dropNoticed(client, poll);
  return { client, observer, cursor };
}

overEachTransport("leave on disconnect", (open, testOfPolls) => {
  test("[S-071] a poll that is closed and not reopened is a leave after the grace period, with the state", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, "ch");
    const { poll } = await hold(client, "ch");
    await client.setState("u", "ch", { a: 1 });
    expect((await observer.collectEvents()).map(({ action }) => action)).toEqual(["join", "state-change"]);

    await dropNoticed(client, poll);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    const { item, afterMs } = await nextItem(observer, client, 4_000);

    expect(item.d).toMatchObject({ action: "leave", uuid: "u", occupancy: 0, data: { a: 1 } });
    expect(afterMs).toBeGreaterThanOrEqual(3_000);
    expect(afterMs).toBeLessThanOrEqual(3_300);
    expect(await usersIn(client, "ch")).toEqual([]);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  testOfPolls("[S-070] with the setting off it is none, and the user times out", async () => {
    const client = await open({ policy: { leaveOnDisconnect: false } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { heartbeat: 6 });
    const poll = await client.poll("u", "ch", cursor, own);

    await dropNoticed(client, poll);
    await client.world.advance(5_900);
    expect(await observer.collectEvents()).toEqual([event("join")]);
    await client.world.advance(300);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("timeout")]);
  });

  test("[S-072] a poll that comes again within the grace period makes nothing of it", async () => {
    const { client, observer, cursor } = await cutOff(open);

    await client.world.advance(2_900);
    const { poll: next } = await hold(client, "ch", { from: cursor });
    await client.world.advance(20_000);

    expect(await observer.collectEvents()).toEqual([event("join")]);
    await expectHeld(next, client);
  });

  test("[S-072] nor does a heartbeat, and then the timeout counts from it", async () => {
    const { client, observer } = await cutOff(open);

    await client.world.advance(1_000);
    await client.heartbeat("u", "ch", { heartbeat: 8 });
    await client.world.advance(7_900);
    expect(await observer.collectEvents()).toEqual([event("join")]);
    await client.world.advance(300);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("timeout")]);
  });

  test("[S-072] nor does a poll that was there before the other closed", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, "ch");
    const { poll, cursor } = await hold(client, "ch");
    const { poll: next } = await hold(client, "ch", { from: cursor });

    await dropNoticed(client, poll);
    await client.world.advance(20_000);
    expect(await observer.collectEvents()).toEqual([event("join")]);
    await dropNoticed(client, next);
    await client.world.advance(3_200);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave")]);
  });

  test("[S-072] nor does one that comes again where polls are no activity otherwise", async () => {
    const { client, observer, cursor } = await cutOff(open, { ...on, impliedHeartbeat: false });

    await client.world.advance(2_900);
    const { poll: next } = await hold(client, "ch", { from: cursor });
    await client.world.advance(20_000);

    expect(await observer.collectEvents()).toEqual([event("join")]);
    await expectHeld(next, client);
  });

  testOfPolls("[S-073] a poll that is answered and a pause before the next is no disconnect", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, "ch");
    const { poll, cursor } = await hold(client, "ch");
    await client.publish("somebody", "ch", "hello");
    await client.world.advance(1_000);
    expect(poll.isSettled()).toBe(true);
    poll.drop();

    const { poll: next } = await hold(client, "ch", {
      from: { ...cursor, t: String(BigInt(cursor.t) + 10n ** 8n) },
    });
    await client.world.advance(10_000);

    expect(await observer.collectEvents()).toEqual([event("join")]);
    await expectHeld(next, client);
  });

  testOfPolls("[S-073] nor is a poll that was held to its end", async () => {
    const client = await open({ policy: on, pollHoldSeconds: 2 });
    const observer = await observePresence(client, "ch");
    const { poll } = await hold(client, "ch");

    await client.world.advance(2_000);
    expect(poll.isSettled()).toBe(true);
    poll.drop();
    await client.world.advance(10_000);

    expect(await observer.collectEvents()).toEqual([event("join")]);
  });

  test("connections that carried only heartbeats, publishes or a handshake do nothing when they close", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch", own);
    await client.heartbeat("u", "ch", own);
    await client.publish("u", "ch", "hello");

    await client.world.advance(10_000);

    expect(await observer.collectEvents()).toEqual([event("join")]);
  });

  test("a poll that comes again for some of its channels leaves the others", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, ["ch", "other"]);
    const { poll, cursor } = await hold(client, "ch,other");
    await hold(client, "other", { from: cursor });

    await dropNoticed(client, poll);
    await client.world.advance(3_200);

    expect((await eventsThenQuiet(observer, client)).slice(2)).toEqual([event("leave", 0, "ch")]);
    expect(await usersIn(client, "other")).toEqual(["u"]);
  });

  test("channels of a group are left, too", async () => {
    const client = await open({ policy: on });
    await client.addToGroup("g", ["ch", "other"]);
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", ",", { groups: ["g"] });
    const poll = await client.poll("u", ",", cursor, { ...own, groups: ["g"] });
    await expectHeld(poll, client);

    await dropNoticed(client, poll);
    await client.world.advance(3_200);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join"), event("leave")]);
    expect(await usersIn(client, "other")).toEqual([]);
  });

  testOfPolls("rules say in which channels, and after how long", async () => {
    const rules = [
      { channels: "room-*", leaveOnDisconnect: true, disconnectGraceSeconds: 1 },
      { channels: "hall", leaveOnDisconnect: true, disconnectGraceSeconds: 0 },
    ];
    const client = await open({ policy: { rules, disconnectGraceSeconds: 5 } });
    const observer = await observePresence(client, ["hall", "room-1", "ch"]);
    const { poll } = await hold(client, "ch,room-1,hall");
    await observer.collectEvents();

    await dropNoticed(client, poll);
    const atOnce = await observer.collectEvents();
    await client.world.advance(1_200);
    const afterASecond = await observer.collectEvents();
    await client.world.advance(20_000);

    expect([atOnce, afterASecond, await observer.collectEvents()]).toEqual([
      [event("leave", 0, "hall")],
      [event("leave", 0, "room-1")],
      [],
    ]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
  });

  test("whoever comes back after the leave joins at once: its debounce is for leaves that were meant", async () => {
    const { client, observer, cursor } = await cutOff(open, { ...on, debounceSeconds: 30 });
    await client.world.advance(3_200);
    expect(await observer.collectEvents()).toEqual([event("join"), event("leave")]);

    await hold(client, "ch", { from: cursor });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join")]);
  });

  test("of several devices only the one that closed leaves, and the user with the last", async () => {
    const client = await open({ policy: on });
    const observer = await observePresence(client, "ch");
    const { poll: phone } = await hold(client, "ch", { device: "phone" });
    const { poll: tab } = await hold(client, "ch", { device: "tab" });

    await dropNoticed(client, phone);
    await client.world.advance(10_000);
    expect(await observer.collectEvents()).toEqual([event("join")]);
    await dropNoticed(client, tab);
    await client.world.advance(3_200);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave")]);
  });

  test("an explicit leave within the grace period is the only one", async () => {
    const { client, observer } = await cutOff(open);

    await client.leave("u", "ch");
    await client.world.advance(10_000);

    expect(await observer.collectEvents()).toEqual([event("join"), event("leave")]);
  });

  test("a service that stops answers its polls, and nobody leaves for that", async () => {
    const client = await open({ policy: on, persistent: true });
    const { poll } = await hold(client, "ch");

    await client.world.restart(5_000);
    poll.drop();

    expect(await usersIn(client, "ch")).toEqual(["u"]);
  });
});

overEachTransport("users counted by their connections", (open) => {
  const counted = { multiDevice: "refcount" } as const;

  test("[S-062] a leave from one of a user's clients is none while another polls the channel", async () => {
    const client = await open({ policy: counted });
    const observer = await observePresence(client, "ch");
    const { poll, cursor } = await hold(client, "ch");
    await client.handshake("u", "ch", own);

    await client.leave("u", "ch");
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join")]);
    await expectHeld(poll, client);
    await dropNoticed(client, poll);
    await client.leave("u", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave")]);
    expect(cursor.r).toBe(1);
  });

  test("[S-062] without the setting it is a leave, and the other joins again", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await hold(client, "ch");

    await client.leave("u", "ch");
    await client.heartbeat("u", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join"), event("leave"), event("join")]);
  });

  test("it is one in the channels that no other poll is for", async () => {
    const client = await open({ policy: counted });
    const observer = await observePresence(client, ["ch", "other"]);
    await client.handshake("u", "ch,other");
    await hold(client, "ch");

    await client.leave("u", "ch,other");

    expect((await eventsThenQuiet(observer, client)).slice(2)).toEqual([event("leave", 0, "other")]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
  });

  test("other users' polls, and polls of a presence channel alone, keep nobody", async () => {
    const client = await open({ policy: counted });
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch");
    const { t, r } = await client.handshake("v", "ch");
    const polls = [
      await client.poll("v", "ch", { t, r }, own),
      await client.poll("u", "ch-pnpres", { t, r }, own),
    ];

    await client.leave("u", "ch");

    expect((await observer.collectEvents()).at(-1)).toEqual(event("leave", 1));
    expect(polls.map((poll) => poll.isSettled())).toContain(true);
  });

  test("devices that name themselves are counted by their leases: each leave is its own", async () => {
    const client = await open({ policy: counted });
    const observer = await observePresence(client, "ch");
    const { poll } = await hold(client, "ch", { device: "phone" });
    await hold(client, "ch", { device: "tab" });

    await client.leave("u", "ch", { device: "phone" });
    await dropNoticed(client, poll);
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join")]);
    await client.leave("u", "ch", { device: "tab" });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave")]);
  });

  test("with leave on disconnect the last client that closes takes the user out", async () => {
    const client = await open({ policy: { ...counted, ...on } });
    const observer = await observePresence(client, "ch");
    const { poll: first, cursor } = await hold(client, "ch");
    const { poll: second } = await hold(client, "ch", { from: cursor });

    await client.leave("u", "ch");
    await dropNoticed(client, first);
    await client.world.advance(10_000);
    expect(await observer.collectEvents()).toEqual([event("join")]);
    await dropNoticed(client, second);
    await client.world.advance(3_200);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave")]);
  });
});
