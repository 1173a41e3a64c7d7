import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { JsonObject, StateSchema, StatusEvent } from "../src/index.ts";
import { openInMemory } from "./support/in-memory.ts";
import { record } from "./support/recording.ts";

interface Mood {
  readonly mood: "fine" | "tired";
  readonly level?: number | undefined;
}

const zodSchema = z.object({ mood: z.enum(["fine", "tired"]), level: z.number().optional() });
const later: StateSchema<Mood> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value) => {
      await Promise.resolve();
      return zodSchema["~standard"].validate(value) as Awaited<
        ReturnType<StateSchema<Mood>["~standard"]["validate"]>
      >;
    },
  },
};

const schemas: readonly (readonly [string, StateSchema<Mood>])[] = [
  ["zod", zodSchema],
  ["valibot", v.object({ mood: v.picklist(["fine", "tired"]), level: v.optional(v.number()) })],
  ["arktype", type({ mood: "'fine' | 'tired'", "level?": "number" })],
  ["a schema that takes its time", later],
];

const invalid = { mood: "odd" } as unknown as Mood;

describe.each(schemas)("states checked by %s", (name, stateSchema) => {
  const options = { stateSchema };

  test("what fits goes out and comes in", async () => {
    await using world = await openInMemory();
    const alice = world.client<{ state: Mood }>("alice", options);
    const got = record(alice.subscribe({ channels: "a", withPresence: true, state: { mood: "fine" } }));
    await world.advance(10);
    expect(await alice.setState({ channels: "a", state: { mood: "tired", level: 1 } })).toEqual({
      state: { mood: "tired", level: 1 },
    });
    await world.advance(10);
    expect(got.lines()).toEqual([
      "a join alice 1",
      'a state-change alice 1 {"mood":"fine"}',
      'a state-change alice 1 {"mood":"tired","level":1}',
    ]);
    expect((await alice.getState({ channels: "a" })).channels.a).toEqual({ mood: "tired", level: 1 });
  });

  test("what does not fit is not sent", async () => {
    await using world = await openInMemory();
    const alice = world.client<{ state: Mood }>("alice", options);
    await expect(alice.setState({ channels: "a", state: invalid })).rejects.toMatchObject({
      code: "invalid-state",
      message: expect.stringMatching(/^state\.mood: ./),
    });
    expect(world.sent).toEqual([]);
  });

  test("what does not fit is not told with a subscription", async () => {
    await using world = await openInMemory();
    const alice = world.client<{ state: Mood }>("alice", options);
    const statuses: StatusEvent[] = [];
    alice.onStatus((event) => statuses.push(event));
    if (name !== "a schema that takes its time") {
      expect(() => alice.subscribe({ channels: "a", state: invalid })).toThrow(/^state\.mood: ./);
      return;
    }
    const got = record(alice.subscribe({ channels: "a", state: invalid }));
    await world.advance(10);
    const event = { type: "invalid-state", channel: "a", userId: "alice", error: { code: "invalid-state" } };
    expect(statuses).toContainEqual(expect.objectContaining({ type: "invalid-state" }));
    expect(got.statuses.find(({ type }) => type === "invalid-state")).toMatchObject(event);
    expect((await alice.getState({ channels: "a" })).channels).toEqual({ a: undefined });
  });

  test("what comes in and does not fit is told by the status, never to a listener", async () => {
    await using world = await openInMemory();
    const alice = world.client<{ state: Mood }>("alice", options);
    const statuses: StatusEvent[] = [];
    alice.onStatus((event) => statuses.push(event));
    const got = record(alice.subscribe({ channels: "a", withPresence: true }));
    await world.advance(10);
    const bob = world.client("bob");
    bob.subscribe({ channels: "a", state: { mood: "odd" } });
    await world.advance(10);
    await bob.setState({ channels: "a", state: { mood: "fine" } });
    await world.advance(10);
    expect(got.lines()).toEqual(["a join alice 1", "a join bob 2", 'a state-change bob 2 {"mood":"fine"}']);
    const event = { type: "invalid-state", channel: "a", userId: "bob", error: { code: "invalid-state" } };
    expect(got.statuses.filter(({ type }) => type === "invalid-state")).toMatchObject([event]);
    expect(statuses.filter(({ type }) => type === "invalid-state")).toMatchObject([event]);
  });

  test("here now and get state leave out what does not fit, and say so", async () => {
    await using world = await openInMemory();
    world.client("bob").subscribe({ channels: "a", state: { mood: "odd" } });
    await world.advance(10);
    const alice = world.client<{ state: Mood }>("alice", options);
    const statuses: StatusEvent[] = [];
    alice.onStatus((event) => statuses.push(event));
    const now = await alice.hereNow({ channels: "a", includeState: true });
    expect(now.channels.a?.occupants).toEqual([{ userId: "bob", state: undefined }]);
    expect((await alice.getState({ channels: "a", userId: "bob" })).channels).toEqual({ a: undefined });
    expect(statuses.map(({ type }) => type)).toEqual(["invalid-state", "invalid-state"]);
  });
});

test("what the schema makes of a state is what is sent", async () => {
  await using world = await openInMemory();
  const stateSchema = z.object({ name: z.string().trim(), role: z.string().default("guest") });
  const alice = world.client<{ state: { name: string; role: string } }>("alice", { stateSchema });
  const state = { name: " Alice ", secret: 1 } as unknown as { name: string; role: string };
  expect(await alice.setState({ channels: "a", state })).toEqual({ state: { name: "Alice", role: "guest" } });
  expect(JSON.parse(world.sent[0]?.query.get("state") ?? "")).toEqual({ name: "Alice", role: "guest" });
});

test("a schema that throws is a state that does not fit", async () => {
  await using world = await openInMemory();
  const cause = new Error("A schema of ours.");
  const validate = (): never => {
    throw cause;
  };
  world.client("bob").subscribe({ channels: "a", state: { x: 1 } });
  await world.advance(10);
  const alice = world.client("alice", {
    stateSchema: { "~standard": { version: 1, vendor: "test", validate } },
  });
  const statuses: StatusEvent[] = [];
  alice.onStatus((event) => statuses.push(event));
  expect((await alice.getState({ channels: "a", userId: "bob" })).channels).toEqual({ a: undefined });
  expect(statuses).toMatchObject([{ type: "invalid-state", error: { code: "invalid-state", cause } }]);
  await expect(alice.setState({ channels: "a", state: {} })).rejects.toMatchObject({
    code: "invalid-state",
    cause,
  });
});

test("an event whose state does not fit reaches a roster without it", async () => {
  await using world = await openInMemory();
  const alice = world.client<{ state: Mood }>("alice", { stateSchema: zodSchema });
  const roster = alice.roster("a");
  await world.advance(10);
  world.client("bob").subscribe({ channels: "a", state: { mood: "odd" } });
  await world.advance(10);
  expect([...roster.snapshot.occupants]).toMatchObject([["bob", { state: undefined }]]);
});

test("events wait for a schema that takes its time, and keep their order", async () => {
  await using world = await openInMemory();
  const waiting: (() => void)[] = [];
  const validate = async (value: unknown) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { value: value as JsonObject };
  };
  const alice = world.client("alice", {
    stateSchema: { "~standard": { version: 1, vendor: "test", validate } },
  });
  const got = record(alice.subscribe({ channels: "a", withPresence: true }));
  await world.advance(10);
  const bob = world.client("bob");
  bob.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(10);
  const polls = (): number =>
    world.sentOf("subscribe").filter(({ query }) => query.get("uuid") === "alice").length;
  const before = polls();
  await bob.publish({ channel: "a", message: "later" });
  await world.advance(10);
  expect(got.lines()).toEqual(["a join alice 1", "a join bob 2"]);
  // Nothing more is fetched meanwhile, so nothing piles up.
  expect(polls()).toBe(before);
  for (const resolve of waiting) resolve();
  await world.advance(10);
  expect(got.lines().slice(2)).toEqual(['a state-change bob 2 {"mood":"fine"}', 'a message "later"']);
});
