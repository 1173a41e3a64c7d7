/** What every conformance test needs: worlds that close themselves, and how to say what was seen. */
import {
  createTestClient,
  type Delivered,
  type Envelope,
  endWorlds,
  type HeldPoll,
  type Noted,
  type Observer,
  openWorld,
  type Reply,
  readDelivered,
  redisWorldKinds,
  type TestClient,
  type World,
  type WorldKind,
  type WorldOptions,
  withDeadline,
  worldKinds,
} from "@hereabouts/testkit";
import { afterAll, afterEach, describe, expect, test } from "vitest";

/** Opens a world that is closed after the test, and a client for it. */
export type Open = (options?: WorldOptions) => Promise<TestClient>;

/** Defines the same tests for each world. After each test its worlds are closed and checked for leaks and errors. */
export function inEachWorld(
  title: string,
  define: (open: Open, kind: WorldKind) => void,
  kinds: readonly WorldKind[] = kindsHere,
): void {
  inWorlds(`${title} (%s)`, define, { kinds, transport: "poll" });
}

/**
 * As {@link inEachWorld} on both runtimes, and once more with streams to carry the polls that have a cursor; but for tests of what only
 * polls have: answers when nothing happens, places of their own.
 */
export function overEachTransport(
  title: string,
  define: (open: Open, testOfPolls: (name: string, run: () => Promise<void>) => void) => void,
): void {
  inEachWorld(title, (open) => define(open, test), kindsOnBothRuntimes);
  const onlyOfPolls = (): void => {};
  inWorlds(`${title} (%s, by streams)`, (open) => define(open, onlyOfPolls), {
    kinds: kindsOnBothRuntimes,
    transport: "stream",
  });
}

interface Worlds {
  readonly kinds: readonly WorldKind[];
  readonly transport: "poll" | "stream";
}

function inWorlds(
  title: string,
  define: (open: Open, kind: WorldKind) => void,
  { kinds, transport }: Worlds,
): void {
  describe.each(kinds)(title, (kind) => {
    const opened: World[] = [];
    const open: Open = async (options = {}) => {
      const world = await openWorld(kind, { transport, ...options });
      opened.push(world);
      return createTestClient(world);
    };
    afterEach(async () => {
      for (const world of opened.splice(0)) await world.close();
    });
    define(open, kind);
  });
  afterAll(endWorlds);
}

const isOnRedis = process.env.CONFORMANCE_ON === "redis";

/** What this run is for: the embedded engine in every world, or a real Redis. */
const kindsHere: readonly WorldKind[] = isOnRedis ? ["redis"] : worldKinds;

/** As {@link kindsHere}, but a real Redis under both runtimes, too. */
export const kindsOnBothRuntimes: readonly WorldKind[] = isOnRedis ? redisWorldKinds : worldKinds;

/** How long "exactly one" stays quiet afterwards, in milliseconds of the world's time. */
export const quietMs = 2_000;

/** The events an observer has seen until now, and none in a quiet period after. */
export async function eventsThenQuiet(observer: Observer, client: TestClient): Promise<readonly Noted[]> {
  const events = await observer.collectEvents();
  await client.world.advance(quietMs);
  expect(await observer.collectEvents(), "the quiet period").toEqual([]);
  return events;
}

/** An event that came, and how long after the beginning of the wait. */
export interface Awaited {
  readonly item: Envelope;
  readonly afterMs: number;
}

/** Lets time pass in steps of 100 ms until something arrives; throws when nothing has within `withinMs`. */
export async function nextItem(observer: Observer, client: TestClient, withinMs: number): Promise<Awaited> {
  const begun = client.world.now();
  for (;;) {
    const items = await observer.collect();
    const [item] = items;
    const afterMs = client.world.now() - begun;
    if (item !== undefined) {
      expect(items, "what came at once").toHaveLength(1);
      return { item, afterMs };
    }
    if (afterMs >= withinMs) throw new Error(`Nothing came within ${withinMs} ms.`);
    await client.world.advance(100);
  }
}

/** The answer to a poll that should be there without time passing. */
export async function answerOf(poll: HeldPoll): Promise<Delivered> {
  return readDelivered(await withDeadline(poll.reply, "An answer to a poll"));
}

/** Asserts that a poll is held, not answered. */
export async function expectHeld(poll: HeldPoll, client: TestClient): Promise<void> {
  await client.world.advance(0);
  expect(poll.isSettled(), "the poll is answered").toBe(false);
}

/** Drops a held poll, or the stream that carries it; resolves when the server has noticed that nobody is there. */
export async function dropNoticed(client: TestClient, poll: HeldPoll): Promise<void> {
  const held = await client.world.waiters();
  poll.drop();
  await expect.poll(() => client.world.waiters(), { interval: 1 }).toBeLessThan(held);
  await client.world.advance(0);
}

/** Asserts that an answer is JSON, says so, may be read by browsers, and has this status; gives its body. */
export function bodyOf(reply: Reply, status = 200): unknown {
  expect({ status: reply.status, text: reply.text }).toEqual({ status, text: expect.any(String) });
  expect(reply.headers["content-type"]).toMatch(/javascript|json/);
  expect(reply.headers["access-control-allow-origin"]).toBe("*");
  expect(reply.json, reply.text).toBeDefined();
  return reply.json;
}

/** Here now of one channel as its list of users. */
export async function usersIn(client: TestClient, channel: string): Promise<readonly unknown[]> {
  const body = bodyOf(await client.hereNow(channel)) as { readonly uuids: readonly unknown[] };
  return body.uuids;
}

/** The channels a user is in, by name. */
export async function channelsOf(client: TestClient, user: string): Promise<readonly string[]> {
  const body = bodyOf(await client.whereNow(user)) as { readonly payload: { readonly channels: string[] } };
  return [...body.payload.channels].sort();
}

/** The answer to a command that presence has taken. */
export const presenceOk = { message: "OK", service: "Presence", status: 200 } as const;

/** The answer to a change of a group. */
export const groupOk = { error: false, message: "OK", service: "channel-registry", status: 200 } as const;

/** A timetoken on the wire. */
export const timetokenText: RegExp = /^\d{17}$/;
