/** Semantics conformance: groups, wildcards, presence filters (semantics §§ 11 to 13). */
import { eventsOf, observe, observePresence } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  channelsOf,
  eventsThenQuiet,
  expectHeld,
  overEachTransport,
  usersIn,
} from "./support.ts";

const event = (action: string, channel: string, occupancy: number, user = "u"): object => ({
  action,
  channel,
  user,
  occupancy,
});

overEachTransport("groups", (open, testOfPolls) => {
  const group = { groups: ["g"] };

  test("[S-030] [S-031] a user joins and leaves every channel of a group", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);
    const observer = await observePresence(client, ["a", "b"]);

    await client.handshake("u", [], group);

    expect(await observer.collectEvents()).toEqual([event("join", "a", 1), event("join", "b", 1)]);
    expect(await channelsOf(client, "u")).toEqual(["a", "b"]);
    await client.leave("u", [], group);
    expect(await eventsThenQuiet(observer, client)).toEqual([event("leave", "a", 0), event("leave", "b", 0)]);
    expect(await channelsOf(client, "u")).toEqual([]);
  });

  test("[S-032] a subscriber of a group's presence is told of every channel in it", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);
    const observer = await observe(client, [], { groups: ["g-pnpres"] });

    await client.handshake("u", "a");
    await client.handshake("u", "b");
    await client.handshake("u", "elsewhere");

    const items = await observer.collect();
    expect(items.map((item) => [item.c, item.b])).toEqual([
      ["a-pnpres", "g-pnpres"],
      ["b-pnpres", "g-pnpres"],
    ]);
    expect(eventsOf(items)).toEqual([event("join", "a", 1), event("join", "b", 1)]);
    expect(await usersIn(client, "a")).toEqual(["u"]);
  });

  testOfPolls(
    "[S-033] a channel that is added to a group is joined with the next poll, and its messages arrive",
    async () => {
      const client = await open();
      await client.addToGroup("g", ["a", "b"]);
      const observer = await observePresence(client, ["a", "b", "c"]);
      const cursor = await client.handshake("u", [], group);
      const poll = await client.poll("u", [], cursor, group);
      await observer.collectEvents();

      await client.addToGroup("g", "c");
      await client.publish("writer", "c", "early");

      const { cursor: next } = await answerOf(poll);
      expect(await observer.collectEvents()).toEqual([]);
      const again = await client.poll("u", [], next, group);
      expect((await answerOf(again)).items.map((item) => [item.c, item.b, item.d])).toEqual([
        ["c", "g", "early"],
      ]);
      expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "c", 1)]);
    },
  );

  testOfPolls("[S-034] a channel that is taken out of a group is not left: its seat runs out", async () => {
    const client = await open({ pollHoldSeconds: 1 });
    await client.addToGroup("g", ["a", "b"]);
    const observer = await observePresence(client, ["a", "b"]);
    const user = await observe(client, [], { user: "u", heartbeat: 5, ...group });
    await client.world.advance(1_000);
    await user.collect();
    expect(await observer.collectEvents()).toEqual([event("join", "a", 1), event("join", "b", 1)]);

    await client.removeFromGroup("g", "a");

    for (let second = 0; second < 4; second += 1) {
      await user.collect();
      await client.world.advance(1_000);
    }
    expect(await observer.collectEvents()).toEqual([]);
    for (let second = 0; second < 3; second += 1) {
      await user.collect();
      await client.world.advance(1_000);
    }
    expect(await observer.collectEvents()).toEqual([event("timeout", "a", 0)]);
    expect(await channelsOf(client, "u")).toEqual(["b"]);
    user.stop();
  });

  test("a channel of a group and of the request itself is one seat, told once", async () => {
    const client = await open();
    await client.addToGroup("g", ["a"]);
    await client.addToGroup("h", ["a", "b"]);
    const observer = await observePresence(client, ["a", "b"], { groups: ["g-pnpres", "h-pnpres"] });

    await client.handshake("u", "a", { groups: ["g", "h"] });

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "a", 1), event("join", "b", 1)]);
  });

  testOfPolls("a poll of an unknown group is held until the group gets a channel", async () => {
    const client = await open();
    const cursor = await client.handshake("u", [], group);
    const poll = await client.poll("u", [], cursor, group);
    await expectHeld(poll, client);

    await client.addToGroup("g", "a");

    expect((await answerOf(poll)).items).toEqual([]);
  });

  testOfPolls("a poll of a group comes back when the group is deleted", async () => {
    const client = await open();
    await client.addToGroup("g", "a");
    const cursor = await client.handshake("u", [], group);
    const poll = await client.poll("u", [], cursor, group);
    await expectHeld(poll, client);

    await client.deleteGroup("g");

    expect(await answerOf(poll)).toEqual({ cursor: { t: cursor.t, r: expect.any(Number) }, items: [] });
  });

  test("more groups than a request may name are refused", async () => {
    const client = await open();
    const groups = Array.from({ length: 11 }, (_, number) => `g${number}`);

    bodyOf(await client.heartbeat("u", "a", { groups }), 400);
    bodyOf(await client.heartbeat("u", "a", { groups: groups.slice(1) }));
  });
});

overEachTransport("wildcards", (open) => {
  test("[S-040] [S-043] a subscriber of a wildcard is told of its own join, and here now knows it", async () => {
    const client = await open();

    const own = await observe(client, "x.*", { user: "u" });

    const items = await own.collect();
    expect(items.map((item) => [item.c, item.b])).toEqual([["x.*-pnpres", "x.*"]]);
    expect(eventsOf(items)).toEqual([event("join", "x.*", 1)]);
    expect(await usersIn(client, "x.*")).toEqual(["u"]);
    expect(await usersIn(client, "x.y")).toEqual([]);
    expect(await channelsOf(client, "u")).toEqual(["x.*"]);
  });

  test("[S-041] a subscriber of a wildcard's presence is told of the channels below it", async () => {
    const client = await open();
    const observer = await observe(client, "x.*-pnpres");

    await client.handshake("u", "x.y");
    await client.handshake("u", "xx.y");

    const items = await observer.collect();
    expect(items.map((item) => [item.c, item.b])).toEqual([["x.y-pnpres", "x.*-pnpres"]]);
    expect(eventsOf(items)).toEqual([event("join", "x.y", 1)]);
    expect(await usersIn(client, "x.*")).toEqual([]);
  });

  test("[S-042] a subscriber of a wildcard and of its presence is told once", async () => {
    const client = await open();
    const observer = await observe(client, ["x.*", "x.*-pnpres"], { user: "observer" });
    await observer.collect();

    await client.handshake("u", "x.y");
    await client.handshake("u", "x.*");
    await client.leave("u", "x.y");

    expect(await eventsThenQuiet(observer, client)).toEqual([
      event("join", "x.y", 1),
      event("join", "x.*", 2),
      event("leave", "x.y", 0),
    ]);
  });
});

overEachTransport("filters of presence", (open) => {
  test("[S-080] a filter on the action lets through that action alone", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch", { filter: "pn_action == 'join'" });

    await client.handshake("u", "ch");
    await client.setState("u", "ch", { a: 1 });
    await client.leave("u", "ch");
    await client.heartbeat("v", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([
      event("join", "ch", 1),
      event("join", "ch", 1, "v"),
    ]);
  });

  test("[S-081] a filter on a name that presence does not have treats it as undefined", async () => {
    const client = await open();
    const unequal = await observePresence(client, "ch", { user: "o1", filter: "uuid != 'me'" });
    const equal = await observePresence(client, "ch", { user: "o2", filter: "uuid == 'me'" });
    const bare = await observePresence(client, "ch", { user: "o3", filter: "uuid" });

    await client.handshake("me", "ch");
    await client.handshake("u", "ch");

    const joins = [event("join", "ch", 1, "me"), event("join", "ch", 2)];
    expect(await unequal.collectEvents()).toEqual(joins);
    expect(await equal.collectEvents()).toEqual([]);
    expect(await bare.collectEvents()).toEqual([]);
  });

  test.each([
    ["pn_occupancy > 1", ["u2"]],
    ["pn_uuid like 'U1'", ["u1"]],
    ["meta.pn_uuid == 'u2' || data.uuid == 'u1'", ["u1", "u2"]],
    ["!(pn_uuid == 'u1') && pn_ispresence == 1", ["u2"]],
    ["('u1','x') contains pn_uuid", ["u1"]],
  ])("the filter %s lets through %j", async (filter, users) => {
    const client = await open();
    const observer = await observePresence(client, "ch", { filter });

    await client.handshake("u1", "ch");
    await client.handshake("u2", "ch");

    expect((await observer.collectEvents()).map((noted) => noted.user)).toEqual(users);
  });

  test("without stream filtering, events carry no metadata and filters see none", async () => {
    const client = await open({ policy: { streamFiltering: false } });
    const plain = await observePresence(client, "ch", { user: "o1" });
    const filtered = await observePresence(client, "ch", { user: "o2", filter: "pn_action == 'join'" });

    await client.handshake("u", "ch");

    const items = await plain.collect();
    expect(eventsOf(items)).toEqual([event("join", "ch", 1)]);
    expect(items[0]).not.toHaveProperty("u");
    expect(await filtered.collectEvents()).toEqual([]);
  });
});
