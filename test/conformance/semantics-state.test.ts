/** Semantics conformance: the life of a user's state (semantics § 7). */
import { eventsOf, observePresence } from "@hereabouts/testkit";
import { expect, test } from "vitest";
import { bodyOf, eventsThenQuiet, inEachWorld, presenceOk } from "./support.ts";

const event = (action: string, occupancy: number, channel = "ch"): object => ({
  action,
  channel,
  user: "u",
  occupancy,
});

inEachWorld("state", (open) => {
  const stateOf = async (client: Awaited<ReturnType<typeof open>>, channel = "ch"): Promise<unknown> =>
    (bodyOf(await client.getState("u", channel)) as { readonly payload: unknown }).payload;

  test("[S-020] setting state while present is told, with the state and integers", async () => {
    const client = await open();
    await client.handshake("u", "ch");
    const observer = await observePresence(client, "ch");
    const now = client.world.now();

    await client.setState("u", "ch", { a: 1 });

    const items = await observer.collect();
    expect(items.map((item) => item.d)).toEqual([
      {
        action: "state-change",
        uuid: "u",
        timestamp: Math.floor(now / 1_000),
        precise_timestamp: now,
        data: { a: 1 },
        occupancy: 1,
        epoch: expect.any(String),
        revision: expect.any(Number),
      },
    ]);
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-021] setting the same state again tells nobody", async () => {
    const client = await open();
    await client.handshake("u", "ch");
    await client.setState("u", "ch", { a: 1 });
    const observer = await observePresence(client, "ch");

    await client.setState("u", "ch", { a: 1 });
    await client.heartbeat("u", "ch", { state: { ch: { a: 1 } } });

    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-022] state replaces state", async () => {
    const client = await open();
    await client.handshake("u", "ch");
    await client.setState("u", "ch", { a: 1 });

    await client.setState("u", "ch", { b: 2 });

    expect(await stateOf(client)).toEqual({ b: 2 });
  });

  test("[S-023] state set before the join is there after it, and not the data of the join", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.setState("u", "ch", { a: 1 });
    expect(await observer.collectEvents()).toEqual([event("state-change", 0)]);

    await client.handshake("u", "ch");

    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([event("join", 1)]);
    expect(items[0]?.d).not.toHaveProperty("data");
    expect(items[0]?.d).toMatchObject({ state: { a: 1 } });
    expect(await stateOf(client)).toEqual({ a: 1 });
    expect(bodyOf(await client.hereNow("ch", { query: { state: 1 } }))).toMatchObject({
      uuids: [{ uuid: "u", state: { a: 1 } }],
    });
  });

  test("[S-024] a leave carries the state and ends it", async () => {
    const client = await open();
    await client.handshake("u", "ch");
    await client.setState("u", "ch", { a: 1 });
    const observer = await observePresence(client, "ch");

    await client.leave("u", "ch");

    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([event("leave", 0)]);
    expect(items[0]?.d).toMatchObject({ data: { a: 1 } });
    expect(await stateOf(client)).toEqual({});
  });

  test("[S-025] a timeout carries the state and ends it, and who comes back begins without", async () => {
    const client = await open();
    await client.heartbeat("u", "ch", { heartbeat: 2 });
    await client.setState("u", "ch", { a: 1 });
    const observer = await observePresence(client, "ch");
    await client.world.advance(2_500);
    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([event("timeout", 0)]);
    expect(items[0]?.d).toMatchObject({ data: { a: 1 } });

    await client.handshake("u", "ch");

    expect(await observer.collectEvents()).toEqual([event("join", 1)]);
    expect(await stateOf(client)).toEqual({});
  });

  test("[S-026] a heartbeat with state joins first and then changes the state", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");

    await client.heartbeat("u", "ch", { state: { ch: { k: 1 } } });

    const items = await observer.collect();
    expect(eventsOf(items)).toEqual([event("join", 1), event("state-change", 1)]);
    expect(items[0]?.d).not.toHaveProperty("data");
    expect(items[1]?.d).toMatchObject({ data: { k: 1 } });
    expect(bodyOf(await client.hereNow("ch", { query: { state: 1 } }))).toMatchObject({
      uuids: [{ uuid: "u", state: { k: 1 } }],
    });
    expect(await eventsThenQuiet(observer, client)).toEqual([]);
  });

  test("[S-027] state for a group is state in each of its channels", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);

    await client.handshake("u", [], { groups: ["g"], state: { g: { k: 1 } } });

    expect(await stateOf(client, "a")).toEqual({ k: 1 });
    expect(await stateOf(client, "b")).toEqual({ k: 1 });
  });

  test("a channel's own state goes before its group's", async () => {
    const client = await open();
    await client.addToGroup("g", ["a", "b"]);

    await client.heartbeat("u", "a", { groups: ["g"], state: { g: { of: "group" }, a: { of: "channel" } } });

    expect(await stateOf(client, "a")).toEqual({ of: "channel" });
    expect(await stateOf(client, "b")).toEqual({ of: "group" });
  });

  test("[S-028] a heartbeat with one raw state object sets it in every channel named", async () => {
    const client = await open();

    const reply = await client.heartbeat("u", ["a", "b"], { state: { mood: "ok", n: 1 } });

    expect(bodyOf(reply)).toEqual(presenceOk);
    expect(await stateOf(client, "a")).toEqual({ mood: "ok", n: 1 });
    expect(await stateOf(client, "b")).toEqual({ mood: "ok", n: 1 });
  });

  test("a heartbeat may clear one channel's state and leave another's", async () => {
    const client = await open();
    await client.heartbeat("u", ["a", "b"], { state: { a: { x: 1 }, b: { y: 1 } } });

    await client.heartbeat("u", ["a", "b"], { state: { a: {} } });

    expect(await stateOf(client, "a")).toEqual({});
    expect(await stateOf(client, "b")).toEqual({ y: 1 });
  });

  test("state of a user who never comes is forgotten after the presence timeout", async () => {
    const client = await open({ policy: { presenceTimeoutSeconds: 10 } });
    const observer = await observePresence(client, "ch");
    await client.setState("u", "ch", { a: 1 });
    await client.world.advance(9_000);
    expect(await stateOf(client)).toEqual({ a: 1 });

    await client.world.advance(1_500);

    expect(await stateOf(client)).toEqual({});
    expect(await observer.collectEvents()).toEqual([event("state-change", 0)]);
    await client.handshake("u", "ch");
    expect(await stateOf(client)).toEqual({});
  });

  test("setting state is no activity: it seats nobody and renews nobody", async () => {
    const client = await open();
    const observer = await observePresence(client, "ch");
    await client.heartbeat("u", "ch", { heartbeat: 2 });
    await client.world.advance(1_500);

    await client.setState("u", "ch", { a: 1 });

    await client.world.advance(1_000);
    expect(await observer.collectEvents()).toEqual([
      event("join", 1),
      event("state-change", 1),
      event("timeout", 0),
    ]);
  });

  test("one set state in several channels is told in each", async () => {
    const client = await open();
    await client.addToGroup("g", ["b", "c"]);
    const observer = await observePresence(client, ["a", "b", "c"]);
    await client.handshake("u", ["a", "b", "c"]);
    await observer.collectEvents();

    await client.setState("u", "a", { x: 1 }, { groups: ["g"] });

    expect(await observer.collectEvents()).toEqual([
      event("state-change", 1, "a"),
      event("state-change", 1, "b"),
      event("state-change", 1, "c"),
    ]);
  });
});
