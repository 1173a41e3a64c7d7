/** The client in parts: a core by itself, and calls and rosters that stand on it. */
import { expect, test } from "vitest";
import type { ClientOptions } from "../src/api.ts";
import { createCalls, createCore, createRosters } from "../src/core.ts";
import { createClient } from "../src/index.ts";
import { type InMemory, openInMemory } from "./support/in-memory.ts";
import { record } from "./support/recording.ts";

function optionsIn(world: InMemory, userId: string): ClientOptions {
  const { transport, scheduling } = world;
  return { origin: "http://memory.test", subscribeKey: "sub-test", userId, transport, scheduling };
}

test("a core by itself joins, hears, keeps its seat and leaves", async () => {
  await using world = await openInMemory();
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance();
  const ann = createCore(optionsIn(world, "ann"));
  const own = record(ann.subscribe({ channels: "a", withPresence: true, state: { mood: "fine" } }));
  await world.advance(400_000);
  expect(world.sentOf("heartbeat").length).toBeGreaterThan(0);
  const closed = ann.close();
  await world.advance();
  await closed;
  const there = ["a join ann 1", 'a state-change ann 1 {"mood":"fine"}'];
  expect([own.lines(), watcher.lines(), ann.status]).toEqual([
    there,
    [...there, 'a leave ann 0 {"mood":"fine"}'],
    "disconnected",
  ]);
});

test("calls stand on a core: they know its user, set the state that it keeps, and end with it", async () => {
  await using world = await openInMemory();
  const ann = createCore(optionsIn(world, "ann"));
  const calls = createCalls(ann);
  ann.subscribe({ channels: "a" });
  await world.advance();
  await calls.setState({ channels: "a", state: { mood: "fine" } });
  expect(await calls.whereNow()).toEqual({ channels: ["a"] });
  await world.advance(200_000);
  expect(world.sentOf("heartbeat").at(-1)?.query.get("state")).toBe('{"a":{"mood":"fine"}}');
  const closed = ann.close();
  await world.advance();
  await closed;
  await expect(calls.hereNow()).rejects.toMatchObject({ code: "closed" });
});

test("rosters stand on a core, share its poll, and are closed with it", async () => {
  await using world = await openInMemory();
  const ann = createCore(optionsIn(world, "ann"));
  const { roster } = createRosters(ann);
  const lobby = roster("lobby", { join: "join" });
  ann.subscribe({ channels: "other" });
  await world.advance(1_000);
  expect([[...lobby.snapshot.occupants.keys()], world.heldPolls()]).toEqual([["ann"], 1]);
  const next = lobby[Symbol.asyncIterator]();
  await next.next();
  const end = next.next();
  const closed = ann.close();
  await world.advance();
  await closed;
  expect([await end, world.sentOf("leave").length]).toEqual([{ done: true, value: undefined }, 1]);
  expect(() => roster("lobby")).toThrow(expect.objectContaining({ code: "closed" }));
});

test("a client is a core: calls and rosters can be made for it, too", async () => {
  await using world = await openInMemory();
  const client = createClient(optionsIn(world, "ann"));
  const { roster } = createRosters(client);
  roster("lobby", { join: "join" });
  await world.advance(1_000);
  expect(await createCalls(client).whereNow()).toEqual({ channels: ["lobby"] });
  const closed = client.close();
  await world.advance();
  await closed;
  expect(world.sentOf("leave").length).toBe(1);
});

test.each([createCalls, createRosters])("%o refuses what is no core of ours", async (add) => {
  await using world = await openInMemory();
  const core = createCore(optionsIn(world, "ann"));
  expect(() => add({ ...core })).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: "A core has to come from createCore or createClient.",
    }),
  );
});

test("a core that is closed asks no schema about the state of a subscription that it refuses", async () => {
  await using world = await openInMemory();
  const asked: unknown[] = [];
  const validate = async (value: unknown): Promise<never> => {
    asked.push(value);
    throw new Error("no");
  };
  const stateSchema = { "~standard": { version: 1, vendor: "test", validate } } as const;
  const core = createCore({ ...optionsIn(world, "ann"), stateSchema });
  await core.close();
  expect(() => core.subscribe({ channels: "a", state: { mood: "odd" } })).toThrow("The client is closed.");
  expect(() => core.reconnect()).toThrow("The client is closed.");
  expect(asked).toEqual([]);
});
