/** Semantics conformance: what rules change for some channels (semantics § 1.2). */
import type { Policy, Rule } from "@hereabouts/core";
import { type Noted, observe, observePresence, type TestClient } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import {
  answerOf,
  bodyOf,
  channelsOf,
  eventsThenQuiet,
  overEachTransport,
  presenceOk,
  usersIn,
} from "./support.ts";

const selected = (...rules: readonly Rule[]): Partial<Policy> => ({ tracking: "selected", rules });
const ruled = (...rules: readonly Rule[]): Partial<Policy> => ({ rules });

function event(action: string, user: string, occupancy: number, channel = "ch"): Noted {
  return { action, channel, user, occupancy };
}

async function stateOf(client: TestClient, user: string, channel: string): Promise<unknown> {
  return (bodyOf(await client.getState(user, channel)) as { readonly payload: unknown }).payload;
}

overEachTransport("channels without presence", (open) => {
  test("[S-090] where no rule selects a channel there are no events and nobody is in it, and messages still flow", async () => {
    const client = await open({ policy: selected({ channels: "chat-*" }) });
    const observer = await observe(client, ["ch", "ch-pnpres"]);

    await client.handshake("u", "ch");
    expect(bodyOf(await client.heartbeat("u", "ch", { state: { ch: { a: 1 } } }))).toEqual(presenceOk);
    await client.publish("u", "ch", "hey");

    expect((await observer.collect()).map(({ c, d }) => [c, d])).toEqual([["ch", "hey"]]);
    expect(await usersIn(client, "ch")).toEqual([]);
    expect(await channelsOf(client, "u")).toEqual([]);
    expect(bodyOf(await client.leave("u", "ch"))).toEqual({ ...presenceOk, action: "leave" });
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-090] a channel that a rule selects has presence", async () => {
    const client = await open({ policy: selected({ channels: "chat-*" }) });
    const observer = await observePresence(client, "chat-1");

    await client.handshake("u", ["chat-1", "other"]);

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "u", 1, "chat-1")]);
    expect(await usersIn(client, "chat-1")).toEqual(["u"]);
    expect(await channelsOf(client, "u")).toEqual(["chat-1"]);
    expect(bodyOf(await client.globalHereNow())).toMatchObject({
      payload: { channels: { "chat-1": { occupancy: 1 } }, total_channels: 1, total_occupancy: 1 },
    });
  });

  test("set state answers there as elsewhere, and stores nothing", async () => {
    const client = await open({ policy: ruled({ channels: "quiet", track: false }) });
    const observer = await observePresence(client, ["quiet", "ch"]);

    const reply = await client.setState("u", ["quiet", "ch"], { a: 1 });

    expect(bodyOf(reply)).toMatchObject({ status: 200, payload: { a: 1 } });
    expect(await stateOf(client, "u", "quiet")).toEqual({});
    expect(await stateOf(client, "u", "ch")).toEqual({ a: 1 });
    expect(await eventsThenQuiet(observer, client)).toEqual([event("state-change", "u", 0)]);
  });

  test("the most specific rule that matches a channel is its rule, whatever the order", async () => {
    const client = await open({
      policy: ruled(
        { channels: "*", track: false },
        { channels: "room-*" },
        { channels: "room-private-*", track: false },
        { channels: "room-private-1" },
      ),
    });

    await client.handshake("u", ["a", "room-1", "room-private-2", "room-private-1"]);

    expect(await channelsOf(client, "u")).toEqual(["room-1", "room-private-1"]);
  });
});

overEachTransport("what is told", (open) => {
  test("[S-091] a rule with join only tells joins, and keeps seats and their state as ever", async () => {
    const client = await open({ policy: ruled({ channels: "ch", events: ["join"] }) });
    const observer = await observePresence(client, "ch");

    await client.handshake("u", "ch");
    await client.setState("u", "ch", { a: 1 });
    await client.heartbeat("v", "ch", { heartbeat: 2 });
    expect(await usersIn(client, "ch")).toEqual(["u", "v"]);
    expect(await stateOf(client, "u", "ch")).toEqual({ a: 1 });
    await client.leave("u", "ch");
    await client.world.advance(3_000);

    expect(await usersIn(client, "ch")).toEqual([]);
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "u", 1), event("join", "v", 2)]);
  });

  test("changes are told one by one up to the announce max after them, of the keyset or the rule", async () => {
    const client = await open({
      policy: { announceMax: 2, rules: [{ channels: "large-*", announceMax: 3, events: ["join", "leave"] }] },
    });
    const observer = await observePresence(client, ["ch", "large-1"]);

    for (const user of ["u1", "u2", "u3", "u4"]) await client.heartbeat(user, ["ch", "large-1"]);
    await client.leave("u4", ["ch", "large-1"]);
    await client.leave("u3", ["ch", "large-1"]);

    const seen = await observer.collectEvents();
    const inChannel = (channel: string): readonly Noted[] => seen.filter((each) => each.channel === channel);
    expect(inChannel("ch")).toEqual([
      event("join", "u1", 1),
      event("join", "u2", 2),
      event("leave", "u3", 2),
    ]);
    expect(inChannel("large-1")).toEqual([
      event("join", "u1", 1, "large-1"),
      event("join", "u2", 2, "large-1"),
      event("join", "u3", 3, "large-1"),
      event("leave", "u4", 3, "large-1"),
      event("leave", "u3", 2, "large-1"),
    ]);
  });

  test("a change of state is told however many there are", async () => {
    const client = await open({ policy: { announceMax: 0 } });
    const observer = await observePresence(client, "ch");

    await client.heartbeat("u", "ch");
    await client.setState("u", "ch", { a: 1 });

    const seen = await observer.collectEvents();
    expect(seen).toEqual([event("state-change", "u", 1)]);
  });
});

overEachTransport("times by rule", (open) => {
  test("presence timeouts are the channel's own, asked for or not, brought into its range", async () => {
    const client = await open({
      policy: {
        presenceTimeoutSecondsMin: 5,
        rules: [
          { channels: "short", presenceTimeoutSeconds: 3, presenceTimeoutSecondsMin: 1 },
          {
            channels: "capped",
            presenceTimeoutSeconds: 4,
            presenceTimeoutSecondsMin: 4,
            presenceTimeoutSecondsMax: 4,
          },
        ],
      },
    });
    const channels = ["plain", "short", "capped"];

    await client.heartbeat("silent", channels);
    await client.heartbeat("asks", channels, { heartbeat: 2 });

    const sitting = async (): Promise<readonly (readonly string[])[]> => [
      await channelsOf(client, "silent"),
      await channelsOf(client, "asks"),
    ];
    await client.world.advance(1_900);
    expect(await sitting()).toEqual([
      ["capped", "plain", "short"],
      ["capped", "plain", "short"],
    ]);
    await client.world.advance(200);
    expect(await sitting()).toEqual([
      ["capped", "plain", "short"],
      ["capped", "plain"],
    ]);
    await client.world.advance(1_000);
    expect(await sitting()).toEqual([
      ["capped", "plain"],
      ["capped", "plain"],
    ]);
    await client.world.advance(1_000);
    expect(await sitting()).toEqual([["plain"], ["plain"]]);
    await client.world.advance(1_000);
    expect(await sitting()).toEqual([["plain"], []]);
  });

  test("a keyset without rules brings what is asked for into its range", async () => {
    const client = await open({
      policy: { presenceTimeoutSeconds: 3, presenceTimeoutSecondsMin: 2, presenceTimeoutSecondsMax: 4 },
    });

    await client.heartbeat("least", "ch", { heartbeat: 1 });
    await client.heartbeat("most", "ch", { heartbeat: 300 });

    await client.world.advance(1_900);
    expect(await usersIn(client, "ch")).toEqual(["least", "most"]);
    await client.world.advance(200);
    expect(await usersIn(client, "ch")).toEqual(["most"]);
    await client.world.advance(2_000);
    expect(await usersIn(client, "ch")).toEqual([]);
  });

  test("a handshake that is several touches gets a cursor before its join in every channel", async () => {
    const client = await open({
      policy: ruled(
        { channels: "short", presenceTimeoutSeconds: 3 },
        { channels: "long", presenceTimeoutSeconds: 600 },
      ),
    });
    const channels = ["long", "short", "ch"];
    await client.heartbeat("u", channels);

    const observer = await observe(client, [...channels, ...channels.map((name) => `${name}-pnpres`)], {
      user: "u",
    });

    const seen = await eventsThenQuiet(observer, client);
    expect(seen).toEqual(expect.arrayContaining(channels.map((channel) => event("join", "u", 1, channel))));
    expect(seen).toHaveLength(3);
  });

  test("a debounce is the channel's own", async () => {
    const client = await open({ policy: ruled({ channels: "at-once", debounceSeconds: 0 }) });
    const cursor = await client.handshake("u", ["at-once", "ch"]);
    await client.leave("u", ["at-once", "ch"]);

    await client.world.advance(500);
    const poll = await client.poll("u", ["at-once", "ch"], cursor);

    expect(await channelsOf(client, "u")).toEqual(["at-once"]);
    // A poll asks again at that moment; a stream renews its seats in rounds of a few seconds.
    await client.world.advance(3_600);
    expect(await channelsOf(client, "u")).toEqual(["at-once", "ch"]);
    poll.drop();
  });
});

overEachTransport("a change of rules", (open) => {
  test("takes events from those who wait already, and gives them back", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.handshake("u1", "ch");
    expect(await observer.collectEvents()).toEqual([event("join", "u1", 1)]);

    await client.world.setPolicy(ruled({ channels: "ch", events: ["leave"] }));
    await client.handshake("u2", "ch");
    expect(await observer.collectEvents()).toEqual([]);
    await client.world.setPolicy({});
    await client.handshake("u3", "ch");

    // What was not to be seen when it happened is past: they have read on since.
    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "u3", 3)]);
  });

  test("is in force for what is read again: nothing that was announced under others is told", async () => {
    const client = await open();
    const cursor = await client.handshake("observer", "ch-pnpres");
    await client.handshake("u1", "ch");
    await client.leave("u1", "ch");
    const before = await answerOf(await client.poll("observer", "ch-pnpres", cursor));
    expect(before.items).toHaveLength(2);

    await client.world.setPolicy({ streamFiltering: false, rules: [{ channels: "ch", events: ["leave"] }] });

    const after = await answerOf(await client.poll("observer", "ch-pnpres", cursor));
    expect(after.items.map(({ d, u }) => [(d as { readonly action: string }).action, u])).toEqual([
      ["leave", undefined],
    ]);
  });

  test("that takes presence from a channel hides who sits there at once; the seats end in silence", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", ["ch", "other"], { heartbeat: 5 });
    await client.setState("u", "ch", { a: 1 });
    expect(await observer.collectEvents()).toHaveLength(2);

    await client.world.setPolicy(ruled({ channels: "ch", track: false }));

    expect(await usersIn(client, "ch")).toEqual([]);
    expect(await channelsOf(client, "u")).toEqual(["other"]);
    expect(await stateOf(client, "u", "ch")).toEqual({});
    expect(bodyOf(await client.globalHereNow())).toMatchObject({
      payload: { total_channels: 1, total_occupancy: 1 },
    });
    await client.world.advance(4_000);
    await client.heartbeat("u", ["ch", "other"], { heartbeat: 60 });
    await client.world.advance(2_000);
    await client.world.setPolicy({});
    expect(await usersIn(client, "ch")).toEqual([]);
    expect(await usersIn(client, "other")).toEqual(["u"]);
    expect(await observer.collectEvents()).toEqual([]);
  });

  test("that gives presence to a channel seats whoever polls or sends heartbeats from then on", async () => {
    const client = await open({ policy: selected() });
    const observer = await observePresence(client, "ch");
    await client.handshake("u", "ch");
    expect(await usersIn(client, "ch")).toEqual([]);

    await client.world.setPolicy({});
    await client.heartbeat("u", "ch");

    expect(await eventsThenQuiet(observer, client)).toEqual([event("join", "u", 1)]);
  });
});
