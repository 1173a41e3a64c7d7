/** Semantics conformance: who joins and who leaves, and what is told of it (semantics §§ 2 to 6). */
import { eventsOf, observe, observePresence } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  channelsOf,
  eventsThenQuiet,
  expectHeld,
  inEachWorld,
  quietMs,
  timetokenText,
  usersIn,
} from "./support.ts";

/** What our events say besides, for rosters. */
const extension = { epoch: expect.any(String), revision: expect.any(Number) };

const join = (user: string, occupancy: number, channel = "ch"): object => ({
  action: "join",
  channel,
  user,
  occupancy,
});
const leave = (user: string, occupancy: number, channel = "ch"): object => ({
  ...join(user, occupancy, channel),
  action: "leave",
});

inEachWorld("joining", (open) => {
  test("[S-001] a handshake is one join, with the documented fields and no others", async () => {
    const client = await open();
    await client.handshake("first", "ch");
    const observer = await observePresence(client, ["ch", "other"]);
    const now = client.world.now();

    const { t: handshakeAt } = await client.handshake("u", "ch");

    const items = await observer.collect();
    expect(items).toEqual([
      {
        a: expect.any(String),
        f: expect.any(Number),
        p: { t: expect.stringMatching(timetokenText), r: expect.any(Number) },
        k: "sub-test",
        c: "ch-pnpres",
        u: {
          pn_action: "join",
          pn_channel: "ch",
          pn_ispresence: 1,
          pn_occupancy: 2,
          pn_precise_timestamp: now,
          pn_timestamp: Math.floor(now / 1_000),
          pn_uuid: "u",
        },
        d: {
          action: "join",
          uuid: "u",
          timestamp: Math.floor(now / 1_000),
          precise_timestamp: now,
          occupancy: 2,
          ...extension,
        },
        b: "ch-pnpres",
      },
    ]);
    expect(handshakeAt).toMatch(timetokenText);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-002] a user that subscribes to its own presence channel is told of its own join", async () => {
    const client = await open();
    const cursor = await client.handshake("u", ["ch", "ch-pnpres"]);

    const { items } = await answerOf(await client.poll("u", ["ch", "ch-pnpres"], cursor));

    expect(eventsOf(items)).toEqual([join("u", 1)]);
    expect(BigInt(items[0]?.p.t ?? 0)).toBeGreaterThan(BigInt(cursor.t));
  });

  test("[S-003] a handshake and a heartbeat at once are one join, seen by everybody, in either order", async () => {
    const client = await open();
    const channels = Array.from({ length: 40 }, (_, number) => `ch-${number}`);
    const observer = await observePresence(client, channels);

    for (const [number, channel] of channels.entries()) {
      const targets = [channel, `${channel}-pnpres`];
      const asks = [
        () => client.heartbeat("u", channel, { heartbeat: 30 }),
        () => client.handshake("u", targets),
      ];
      if (number % 2 === 1) asks.reverse();
      const answers = await Promise.all(asks.map((ask) => ask()));
      const cursor = answers.find((answer) => "t" in answer);
      if (cursor === undefined || !("t" in cursor)) throw new Error("The handshake gave no cursor.");

      const own = await observe(client, targets, { user: "u", from: cursor });
      expect(await own.collectEvents(), channel).toEqual([join("u", 1, channel)]);
      own.stop();
      expect(await observer.collectEvents(), channel).toEqual([join("u", 1, channel)]);
    }
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("a heartbeat shortly before the handshake hides no join from the user itself", async () => {
    const client = await open();
    await client.heartbeat("u", "ch");
    await client.world.advance(500);

    const own = await observe(client, ["ch", "ch-pnpres"], { user: "u" });

    expect(await eventsThenQuiet(own, client)).toEqual([join("u", 1)]);
  });

  test("[S-004] subscribing again and polling again are no further joins", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch");
    expect(await observer.collectEvents()).toEqual([join("u", 1)]);

    await client.handshake("u", "ch");
    for (let times = 0; times < 3; times += 1) {
      const poll = await client.poll("u", "ch", cursor);
      await client.world.advance(300);
      poll.drop();
    }

    expect(await eventsThenQuiet(observer, client)).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
  });

  test("[S-005] a poll that adds a channel joins that channel alone", async () => {
    const client = await open();
    const observer = await observePresence(client, ["a", "b"]);
    const cursor = await client.handshake("u", "a");
    expect(await observer.collectEvents()).toEqual([join("u", 1, "a")]);

    await client.poll("u", ["a", "b"], cursor);

    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1, "b")]);
  });

  test("[S-006] subscribing to a presence channel alone seats nobody and tells nobody", async () => {
    const client = await open();
    const observer = await observePresence(client, ["ch", "ch-pnpres"]);
    await client.handshake("other", "ch");
    expect(await observer.collectEvents()).toEqual([join("other", 1)]);

    const cursor = await client.handshake("u", "ch-pnpres");
    const poll = await client.poll("u", "ch-pnpres", cursor);

    expect(await eventsThenQuiet(observer, client)).toEqual([]);
    await expectHeld(poll, client);
    expect(await usersIn(client, "ch")).toEqual(["other"]);
    expect(await channelsOf(client, "u")).toEqual([]);
  });

  test("presence names in heartbeats and leaves are ignored", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", ["ch", "ch-pnpres"]);
    await client.heartbeat("v", "ch-pnpres");
    await client.leave("u", "ch-pnpres");

    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
  });

  test("a subscriber without a user id seats nobody", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");

    await client.world.get("/v2/subscribe/sub-test/ch/0?tt=0");

    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("occupancy counts up and down with every join and leave", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u1", "ch");
    await client.heartbeat("u2", "ch");
    await client.handshake("u3", "ch");
    await client.leave("u2", "ch");
    await client.handshake("u4", "ch");
    await client.leave("u1", "ch");

    expect(await observer.collectEvents()).toEqual([
      join("u1", 1),
      join("u2", 2),
      join("u3", 3),
      leave("u2", 2),
      join("u4", 3),
      leave("u1", 2),
    ]);
    expect(await usersIn(client, "ch")).toEqual(["u3", "u4"]);
  });
});

inEachWorld("leaving", (open) => {
  test("[S-007] a leave is one leave, and here now knows at once", async () => {
    const client = await open();
    await client.handshake("stays", "ch");
    await client.handshake("u", "ch");
    const observer = await observePresence(client, "ch");

    await client.leave("u", "ch");

    expect(await usersIn(client, "ch")).toEqual(["stays"]);
    expect(await channelsOf(client, "u")).toEqual([]);
    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([leave("u", 1)]);
    expect(items[0]?.d).not.toHaveProperty("data");
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-008] leaving where one is not tells nobody", async () => {
    const client = await open();
    await client.handshake("stays", "ch");
    const observer = await observePresence(client, "ch");

    await client.leave("u", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual(["stays"]);
  });

  test("[S-017] a poll that comes back after a leave joins only when the debounce is over", async () => {
    const client = await open({ policy: { debounceSeconds: 2 } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch");
    await client.leave("u", "ch");
    await observer.collectEvents();
    await client.world.advance(500);

    const poll = await client.poll("u", "ch", cursor);

    await client.world.advance(1_499);
    expect(await observer.collectEvents()).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual([]);
    await client.world.advance(1);
    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
    expect(await usersIn(client, "ch")).toEqual(["u"]);
    await expectHeld(poll, client);
  });

  test("[S-017] a poll that has gone by the end of the debounce joins nobody", async () => {
    const client = await open({ policy: { debounceSeconds: 2 } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch");
    await client.leave("u", "ch");
    await observer.collectEvents();
    const poll = await client.poll("u", "ch", cursor);
    await client.world.advance(1_000);

    poll.drop();

    while ((await client.world.waiters()) > 1) await client.world.advance(0);
    await client.world.advance(1_000);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
    expect(await usersIn(client, "ch")).toEqual([]);
  });

  test.each(["heartbeat", "handshake"] as const)(
    "[S-018] [S-019] a %s shortly after a leave joins at once",
    async (kind) => {
      const client = await open({ policy: { debounceSeconds: 2 } });
      const observer = await observePresence(client, "ch");
      await client.handshake("u", "ch");
      await client.leave("u", "ch");
      await client.world.advance(500);
      expect(await observer.collectEvents()).toEqual([join("u", 1), leave("u", 0)]);

      await client[kind]("u", "ch");

      expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
    },
  );

  test("a debounce of 0 lets a poll join at once", async () => {
    const client = await open({ policy: { debounceSeconds: 0 } });
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch");
    await client.leave("u", "ch");
    await observer.collectEvents();

    await client.poll("u", "ch", cursor);

    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
  });

  test("a debounce holds back the channel that was left, and no other", async () => {
    const client = await open({ policy: { debounceSeconds: 2 } });
    const observer = await observePresence(client, ["a", "b"]);
    const cursor = await client.handshake("u", "a");
    await client.leave("u", "a");
    await observer.collectEvents();

    await client.poll("u", ["a", "b"], cursor);

    expect(await observer.collectEvents()).toEqual([join("u", 1, "b")]);
    await client.world.advance(quietMs);
    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1, "a")]);
  });
});

inEachWorld("several connections of one user", (open) => {
  test("[S-060] two connections of one user are one occupant and one join", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");

    const first = await client.handshake("u", "ch", { connection: "own" });
    const second = await client.handshake("u", "ch", { connection: "own" });
    await client.poll("u", "ch", first);
    await client.poll("u", "ch", second);

    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ occupancy: 1, uuids: ["u"] });
  });

  test("[S-061] a leave from one of them is a leave, and the other's heartbeat joins again", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch", { connection: "own" });
    await client.handshake("u", "ch", { connection: "own" });
    await client.poll("u", "ch", cursor);
    await observer.collectEvents();

    await client.leave("u", "ch");

    expect(await observer.collectEvents()).toEqual([leave("u", 0)]);
    await client.heartbeat("u", "ch");
    expect(await eventsThenQuiet(observer, client)).toEqual([join("u", 1)]);
  });
});
