/** Semantics conformance: here now's freshness, restarts, shutdown (semantics §§ 17 and 20). */
import {
  type Observer,
  observe,
  observePresence,
  publishedAt,
  readDelivered,
  type TestClient,
  withDeadline,
} from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  channelsOf,
  eventsThenQuiet,
  expectHeld,
  inEachWorld,
  usersIn,
} from "./support.ts";

inEachWorld("here now's freshness", (open) => {
  test("[S-100] where policy allows it, an answer may be old for that long and no longer", async () => {
    const client = await open({ policy: { hereNowStaleMs: 3_000 } });
    await client.handshake("u1", "ch");
    expect(await usersIn(client, "ch")).toEqual(["u1"]);
    await client.world.advance(1_000);

    await client.handshake("u2", "ch");

    expect(await usersIn(client, "ch")).toEqual(["u1"]);
    await client.world.advance(1_900);
    expect(await usersIn(client, "ch")).toEqual(["u1"]);
    await client.world.advance(100);
    expect(await usersIn(client, "ch")).toEqual(["u1", "u2"]);
  });

  test("by default no answer is old, however often it is asked for and whatever has changed", async () => {
    const client = await open({ hereNowCacheMs: 3_000 });
    const states = async (): Promise<unknown> => {
      const body = bodyOf(await client.hereNow("ch", { query: { state: 1 } }));
      return (body as { readonly uuids: unknown }).uuids;
    };
    expect(await states()).toEqual([]);
    await client.heartbeat("u1", "ch", { heartbeat: 2 });
    expect(await states()).toEqual([{ uuid: "u1" }]);
    expect(await states()).toEqual([{ uuid: "u1" }]);
    await client.handshake("u2", "ch");
    expect(await states()).toEqual([{ uuid: "u1" }, { uuid: "u2" }]);
    await client.setState("u2", "ch", { a: 1 });
    expect(await states()).toEqual([{ uuid: "u1" }, { uuid: "u2", state: { a: 1 } }]);
    await client.world.advance(2_000);
    expect(await states()).toEqual([{ uuid: "u2", state: { a: 1 } }]);
    await client.leave("u2", "ch");
    expect(await states()).toEqual([]);
  });
});

inEachWorld("restart", (open) => {
  const channels = ["ch", "ch-pnpres"];

  /** A client as any SDK is one: it polls, and after an answer or an error it polls again from its cursor. */
  const start = (client: TestClient, user: string): Promise<Observer> => observe(client, channels, { user });

  test("[S-120] clients that poll through a restart recover, with one join each in all", async () => {
    const client = await open({ persistent: true });
    const observer = await observePresence(client, "ch");
    const users = ["u1", "u2", "u3"];
    const before = await Promise.all(users.map((user) => start(client, user)));
    for (const each of before) await each.collect();
    expect((await observer.collectEvents()).map((event) => [event.action, event.user])).toEqual(
      users.map((user) => ["join", user]),
    );
    const cursors = before.map((each) => each.cursor());

    await client.world.restart();

    const afterwards = await observePresence(client, "ch", { from: observer.cursor() });
    for (const [index, user] of users.entries()) {
      const from = cursors[index];
      if (from === undefined) throw new Error("There is a cursor for each user.");
      await observe(client, channels, { user, from });
    }
    expect(await usersIn(client, "ch")).toEqual(expect.arrayContaining(users));
    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ occupancy: 3 });
    const events = await eventsThenQuiet(afterwards, client);
    expect(events.filter((event) => event.action !== "join")).toEqual([]);
    expect(new Set(events.map((event) => event.user)).size).toBe(events.length);
  });

  test("[S-120] after a restart that forgets everything, each poll is one join", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    const cursor = await client.handshake("u", "ch");
    await client.heartbeat("gone", "ch");

    await client.world.restart(1_000);

    const afterwards = await observePresence(client, "ch", { from: observer.cursor() });
    const poll = await client.poll("u", "ch", cursor);
    expect(await eventsThenQuiet(afterwards, client)).toEqual([
      { action: "join", channel: "ch", user: "u", occupancy: 1 },
    ]);
    await expectHeld(poll, client);
    expect(await channelsOf(client, "gone")).toEqual([]);
  });

  test.each([0, 1, -60_000, 60_000])(
    "[S-120] timetokens rise through a restart %i ms later",
    async (skipMs) => {
      const client = await open({ persistent: true });
      let last = "";
      for (let number = 0; number < 300; number += 1) {
        last = publishedAt(await client.publish("writer", `ch-${number % 5}`, number));
      }

      await client.world.restart(skipMs);

      const [, now = "0"] = /^\[(\d+)\]$/.exec((await client.world.get("/time/0")).text) ?? [];
      expect(now.length).toBe(17);
      const cursor = await client.handshake("u", "ch-0");
      const next = publishedAt(await client.publish("writer", "ch-0", "after"));
      expect(BigInt(cursor.t)).toBeGreaterThanOrEqual(BigInt(last));
      expect(BigInt(next)).toBeGreaterThan(BigInt(last));
      const poll = await client.poll("late", "ch-0", { t: last, r: 1 });
      const { items } = await answerOf(poll);
      expect(items.filter((item) => item.c === "ch-0").map((item) => item.d)).toEqual(["after"]);
    },
  );

  test("groups outlast a restart", async () => {
    const client = await open({ persistent: true });
    await client.addToGroup("g", ["a", "b"]);
    await client.removeFromGroup("g", "a");

    await client.world.restart();

    expect(bodyOf(await client.listGroup("g"))).toMatchObject({ payload: { channels: ["b"], group: "g" } });
  });
});

inEachWorld("shutdown", (open) => {
  test("a stop answers every held poll at once, with an empty list and its own cursor", async () => {
    const client = await open();
    const cursor = await client.handshake("u", "ch");
    const polls = [];
    for (let number = 0; number < 10; number += 1) polls.push(await client.poll(`u${number}`, "ch", cursor));
    for (const poll of polls) await expectHeld(poll, client);

    // The clients keep their connections open, as browsers do: the server does not wait for them.
    await withDeadline(client.world.stop(), "The end of a server that stops", 2_000);

    for (const poll of polls) {
      const reply = await withDeadline(poll.reply, "The answer of a server that stops", 1_000);
      expect(readDelivered(reply)).toEqual({ cursor: { t: cursor.t, r: cursor.r }, items: [] });
    }
  });

  test("a stop without anything held is quick and can be followed by a start", async () => {
    const client = await open();
    await client.heartbeat("u", "ch");

    await withDeadline(client.world.stop(), "The end of a server that stops", 2_000);
    await client.world.restart();

    expect(bodyOf(await client.hereNow("ch"))).toMatchObject({ status: 200 });
  });
});
