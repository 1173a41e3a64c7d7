/** Rosters of the whole client against the real server in memory: who sits, who is told, what a schema lets through. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Client, Roster, StateSchema } from "../src/index.ts";
import { type InMemory, openInMemory } from "./support/in-memory.ts";

interface Mood {
  readonly mood: "fine" | "tired";
}

function users(roster: Roster<object>): readonly string[] {
  return [...roster.snapshot.occupants.keys()].sort();
}

async function occupantsOf(world: InMemory, client: Client): Promise<readonly string[]> {
  const asked = client.hereNow({ channels: "lobby" });
  await world.advance(10);
  return (await asked).channels.lobby?.occupants.map(({ userId }) => userId) ?? [];
}

describe("a client's roster", () => {
  test("shows who is there, and the own user where it joins", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    alice.subscribe({ channels: "lobby", state: { mood: "fine" } });
    await world.advance(10);
    const bob = world.client("bob").roster("lobby", { join: "join" });
    await world.advance(10);
    expect([users(bob), bob.snapshot.complete, bob.snapshot.occupants.get("alice")?.state]).toEqual([
      ["alice", "bob"],
      true,
      { mood: "fine" },
    ]);
  });

  test("only watches unless it is told to join, and leaves what it joined when it is closed", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    const watching = alice.roster("lobby");
    await world.advance(10);
    expect(await occupantsOf(world, alice)).toEqual([]);
    const seated = alice.roster("lobby", { join: "join" });
    await world.advance(10);
    expect([await occupantsOf(world, alice), users(watching)]).toEqual([["alice"], ["alice"]]);
    await seated.close();
    await world.advance(10);
    expect([await occupantsOf(world, alice), users(watching)]).toEqual([[], []]);
  });

  test("asks for the channel once, however many rosters there are, and for nothing when all are closed", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    const rosters = [alice.roster("lobby"), alice.roster("lobby"), alice.roster("lobby", { join: "join" })];
    await world.advance(10);
    expect(world.sentOf("here-now").length).toBe(1);
    await Promise.all(rosters.map((roster) => roster.close()));
    await world.advance(10);
    expect([alice.status, world.heldPolls()]).toEqual(["disconnected", 0]);
  });

  test("ends with the client", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    const roster = alice.roster("lobby");
    const ready = roster.ready();
    const next = roster[Symbol.asyncIterator]().next();
    await alice.close();
    await expect(ready).rejects.toMatchObject({ code: "closed" });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(() => alice.roster("lobby")).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("is refused for a channel that cannot be, and beside a filter, which would hide what it needs", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    expect(() => alice.roster("a,b")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    const filtered = alice.subscribe({ channels: "news", filter: "lang == 'en'" });
    expect(() => alice.roster("lobby")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    await filtered.close();
    const roster = alice.roster("lobby");
    await world.advance(10);
    expect(roster.snapshot.complete).toBe(true);
  });

  test("knows the state that was set for a user before it came", async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    const roster = world.client("bob").roster("lobby");
    await world.advance(10);
    await alice.setState({ channels: "lobby", state: { mood: "fine" } });
    await world.advance(10);
    expect(users(roster)).toEqual([]);
    alice.subscribe({ channels: "lobby" });
    await world.advance(10);
    expect([...roster.snapshot.occupants].map(([userId, { state }]) => [userId, state])).toEqual([
      ["alice", { mood: "fine" }],
    ]);
  });

  test("stays as it is while the connection is away, and catches up when it is back", async () => {
    await using world = await openInMemory();
    const bob = world.client("bob");
    const alice = world.client("alice");
    const roster = bob.roster("lobby");
    await world.advance(10);
    await bob.disconnect();
    alice.subscribe({ channels: "lobby" });
    await world.advance(10);
    expect([users(roster), roster.snapshot.complete]).toEqual([[], true]);
    bob.reconnect();
    await world.advance(10);
    expect([users(roster), roster.snapshot.complete]).toEqual([["alice"], true]);
  });
});

describe("a roster's states under a schema", () => {
  const zodSchema = z.object({ mood: z.enum(["fine", "tired"]) });
  const later: StateSchema<Mood> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: async (value) => {
        await Promise.resolve();
        const result = zodSchema.safeParse(value);
        return result.success ? { value: result.data } : { issues: [{ message: "No mood." }] };
      },
    },
  };

  test.each([
    ["at once", zodSchema as StateSchema<Mood>],
    ["in its time", later],
  ] as const)(
    "what one answer of the poll brings is one change, though it checks states %s",
    async (_, schema) => {
      await using world = await openInMemory();
      const roster = world.client<{ state: Mood }>("bob", { stateSchema: schema }).roster("lobby");
      await world.advance(10);
      const sizes: number[] = [];
      roster.subscribe(() => sizes.push(roster.snapshot.occupants.size));
      for (const name of ["a", "b", "c", "d", "e"]) {
        world.client(name).subscribe({ channels: "lobby", state: { mood: "fine" } });
      }
      await world.advance(10);
      expect(sizes).toEqual([5]);
      expect([...roster.snapshot.occupants.values()].map(({ state }) => state)).toEqual(
        Array.from({ length: 5 }, () => ({ mood: "fine" })),
      );
    },
  );

  test("a state that does not fit is none, and everything else stays whole", async () => {
    await using world = await openInMemory();
    const bob = world.client<{ state: Mood }>("bob", { stateSchema: later });
    const roster = bob.roster("lobby");
    const told: unknown[] = [];
    bob.onStatus((event) => {
      if (event.type === "invalid-state") told.push([event.channel, event.userId, event.error.code]);
    });
    await world.advance(10);
    world.client("odd").subscribe({ channels: "lobby", state: { mood: "odd" } });
    await world.advance(100);
    const asked = world.sentOf("here-now").length;
    world.client("even").subscribe({ channels: "lobby", state: { mood: "tired" } });
    await world.advance(100);
    const states = [...roster.snapshot.occupants].map(([userId, { state }]) => [userId, state]);
    expect([states, roster.snapshot.complete, world.sentOf("here-now").length - asked]).toEqual([
      [
        ["odd", undefined],
        ["even", { mood: "tired" }],
      ],
      true,
      0,
    ]);
    expect(told).toEqual([["lobby", "odd", "invalid-state"]]);
  });
});
