import { expect, test } from "vitest";
import { openInMemory, type SentRequest } from "./support/in-memory.ts";
import { record, recordStatuses } from "./support/recording.ts";
import { polled } from "./support/transports.ts";

const tries = (sent: readonly SentRequest[], from: number): readonly number[] =>
  sent.map(({ at }) => at - from);

test("a connection says that it is on its way, and when it is there", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  expect(alice.status).toBe("disconnected");
  alice.subscribe({ channels: "a" });
  await world.advance();
  expect([statuses, alice.status]).toEqual([["connecting", "connected"], "connected"]);
});

test("nothing is sent before something is subscribed to", async () => {
  await using world = await openInMemory();
  world.client("alice");
  await world.advance(1_000_000);
  expect(world.sent).toEqual([]);
});

polled()("a poll that is held long is followed by another", async () => {
  await using world = await openInMemory({ pollHoldSeconds: 20 });
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  alice.subscribe({ channels: "a" });
  await world.advance(61_000);
  expect(world.sentOf("subscribe").map(({ at }) => at - (world.sent[0]?.at ?? 0))).toEqual([
    0, 0, 20_000, 40_000, 60_000,
  ]);
  expect(statuses).toEqual(["connecting", "connected"]);
});

test("a connection that breaks comes back, from the cursor, so that no event is missed", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance(1_000);
  const isAlice = (target: string): boolean => target.includes("uuid=alice");
  world.network = ({ target }) => (isAlice(target) ? { lost: "told" } : {});
  // What is held breaks, too: the answer to it is lost.
  await bob.publish({ channel: "a", message: 1 });
  await world.advance();
  await bob.publish({ channel: "a", message: 2 });
  await world.advance(20_000);
  await bob.publish({ channel: "a", message: 3 });
  world.network = () => ({});
  await world.advance(60_000);
  await bob.publish({ channel: "a", message: 4 });
  await world.advance();
  expect(got.lines()).toEqual(["a message 1", "a message 2", "a message 3", "a message 4"]);
  expect(alice.status).toBe("connected");
});

test("an answer that is lost on its way is asked for again", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a" }));
  world.network = ({ target }) =>
    target.includes("/v2/subscribe") && !target.includes("tt=0") ? { replyLost: "told" } : {};
  await world.advance(1_000);
  await bob.publish({ channel: "a", message: 1 });
  await world.advance(1_000);
  world.network = () => ({});
  await world.advance(60_000);
  expect(got.lines()).toEqual(["a message 1"]);
});

test("tries come at growing and dicey distances, and each is told", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { retry: { baseMs: 100, maxMs: 1_000 } });
  const waits: number[] = [];
  alice.onStatus((event) => {
    if (event.type === "reconnecting") waits.push(event.retryInMs);
  });
  world.network = () => ({ lost: "told" });
  alice.subscribe({ channels: "a" });
  await world.advance(20_000);
  const ceilings = [100, 200, 400, 800, 1_000, 1_000, 1_000];
  for (const [index, ceiling] of ceilings.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(ceiling / 2);
    expect(waits[index]).toBeLessThanOrEqual(ceiling);
  }
  expect(new Set(waits.slice(4)).size).toBeGreaterThan(3);
  const [first = 0, second = 0] = waits;
  expect(tries(world.sentOf("subscribe"), world.sent[0]?.at ?? 0).slice(0, 3)).toEqual([
    0,
    first,
    first + second,
  ]);
});

test("Retry-After goes before the client's own delays", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { retry: { baseMs: 100, maxMs: 1_000 } });
  world.network = () => ({ answer: { status: 503, body: "", retryAfterSeconds: 60 } });
  alice.subscribe({ channels: "a" });
  await world.advance(59_999);
  expect(world.sentOf("subscribe")).toHaveLength(1);
  world.network = () => ({});
  await world.advance(101);
  expect(alice.status).toBe("connected");
});

test.each([
  [400, "refused"],
  [403, "denied"],
  [404, "refused"],
])("a poll that is answered with %i ends the connection", async (status, code) => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const got = record(alice.subscribe({ channels: "a" }));
  world.network = () => ({ answer: { status, body: JSON.stringify({ message: "No." }) } });
  await world.advance(1_000_000);
  expect(world.sent).toHaveLength(1);
  expect(got.statuses.at(-1)).toMatchObject({
    type: "disconnected",
    reason: "refused",
    error: { code, status, message: `The server answered ${status} No.` },
  });
});

polled()("after a refusal, asking for something else is another try, and so is reconnect", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  world.network = ({ target }) => (target.includes("bad") ? { answer: { status: 403, body: "" } } : {});
  const bad = alice.subscribe({ channels: "bad" });
  alice.subscribe({ channels: "good" });
  await world.advance();
  expect(alice.status).toBe("disconnected");
  await bad.close();
  await world.advance();
  expect(alice.status).toBe("connected");
  alice.subscribe({ channels: "bad" });
  await world.advance();
  expect(alice.status).toBe("disconnected");
  world.network = () => ({});
  alice.reconnect();
  await world.advance();
  expect(alice.status).toBe("connected");
});

test("an answer that is none of the protocol's is a failure that may pass", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const got = record(alice.subscribe({ channels: "a" }));
  world.network = () => ({ answer: { status: 200, body: "<html>Sign in to the hotel's network</html>" } });
  await world.advance(1_000);
  expect(got.statuses.at(-1)).toMatchObject({ type: "reconnecting", error: { code: "malformed-reply" } });
  world.network = () => ({});
  await world.advance(60_000);
  expect(alice.status).toBe("connected");
});

test.each([
  { t: { t: "12345678901234567", r: 1 } },
  { t: { t: 12345, r: 1 }, m: [] },
  { t: { t: "12345678901234567" }, m: [] },
  { m: [] },
  [],
  null,
])("a poll's answer like %j is malformed", async (body) => {
  await using world = await openInMemory();
  const got = record(world.client("alice").subscribe({ channels: "a" }));
  world.network = () => ({ answer: { status: 200, body: JSON.stringify(body) } });
  await world.advance();
  expect(got.statuses.at(-1)).toMatchObject({ type: "reconnecting", error: { code: "malformed-reply" } });
});

polled()("a handshake that nobody answers is given up after 15 seconds, a poll after 310", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  world.network = () => ({ lost: "silent" });
  alice.subscribe({ channels: "a" });
  await world.advance(14_999);
  expect(statuses).toEqual(["connecting"]);
  await world.advance(1);
  expect(statuses).toEqual(["connecting", "reconnecting"]);
  world.network = ({ target }) =>
    target.includes("tt=0") || target.includes("heartbeat?") ? {} : { lost: "silent" };
  await world.advance(1_000);
  expect(alice.status).toBe("connected");
  await world.advance(308_000);
  expect(alice.status).toBe("connected");
  await world.advance(3_000);
  expect(statuses.slice(2, 4)).toEqual(["connected", "reconnecting"]);
});

test("a server that sends polls home again and again is not asked without a pause", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  const body = JSON.stringify({ t: { t: "12345678901234567", r: 1 }, m: [] });
  world.network = () => ({ answer: { status: 200, body } });
  alice.subscribe({ channels: "a" });
  await world.advance(60_000);
  expect(world.sentOf("subscribe").length).toBeGreaterThan(5);
  expect(world.sentOf("subscribe").length).toBeLessThan(20);
  expect(statuses).toEqual(["connecting", "connected"]);
});

test("disconnect leaves and stops; reconnect goes on from the cursor", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance();
  const disconnected = alice.disconnect();
  await world.advance();
  await disconnected;
  expect(got.statuses.at(-1)).toEqual({ type: "disconnected", reason: "requested", error: undefined });
  expect((await alice.whereNow()).channels).toEqual([]);
  const before = world.sent.length;
  await world.advance(500_000);
  expect(world.sent).toHaveLength(before);
  await bob.publish({ channel: "a", message: "meanwhile" });
  alice.reconnect();
  await world.advance();
  expect(got.lines()).toEqual(['a message "meanwhile"']);
  expect((await alice.whereNow()).channels).toEqual(["a"]);
});

test("what is subscribed to while disconnected waits for reconnect", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  await alice.disconnect();
  alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  expect(world.sent).toEqual([]);
  alice.reconnect();
  await world.advance();
  expect(alice.status).toBe("connected");
});

test("reconnect tries at once when the next try is far away", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  world.network = () => ({ answer: { status: 503, body: "", retryAfterSeconds: 600 } });
  alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  world.network = () => ({});
  alice.reconnect();
  await world.advance();
  expect(alice.status).toBe("connected");
});

test("a listener may disconnect, subscribe and close from within", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  const first = alice.subscribe({ channels: "a" });
  alice.onStatus((event) => {
    if (event.type === "connected" && alice.status === "connected" && statuses.length === 2)
      void alice.disconnect();
  });
  await world.advance();
  expect(statuses).toEqual(["connecting", "connected", "disconnected"]);
  alice.reconnect();
  await world.advance();
  first.onMessage(() => {
    void first.close();
    alice.subscribe({ channels: "b" });
  });
  await world.client("bob").publish({ channel: "a", message: 1 });
  await world.advance(1_000);
  expect((await alice.whereNow()).channels).toEqual(["b"]);
});

test("a server that restarts with nothing left gets the seats and their states again", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  alice.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(1_000);
  await world.stop();
  await world.advance(5_000);
  await world.restart();
  await world.advance(60_000);
  expect((await alice.getState({ channels: "a" })).channels).toEqual({ a: { mood: "fine" } });
  expect(alice.status).toBe("connected");
});

test("closing ends iterations, leaves, and refuses everything after", async () => {
  const world = await openInMemory();
  const alice = world.client("alice");
  const subscription = alice.subscribe({ channels: "a" });
  const statuses = recordStatuses(alice);
  const next = subscription[Symbol.asyncIterator]().next();
  await world.advance();
  const closed = Promise.all([alice.close(), alice.close()]);
  await world.advance();
  await closed;
  expect(await next).toEqual({ done: true, value: undefined });
  expect(statuses.at(-1)).toBe("disconnected");
  expect(world.sentOf("leave")).toHaveLength(1);
  expect([world.heldPolls(), world.clock.timers]).toEqual([0, expect.any(Number)]);
  const refusal = { code: "closed", message: "The client is closed." };
  expect(() => alice.subscribe({ channels: "a" })).toThrow(expect.objectContaining(refusal));
  expect(() => alice.roster("a")).toThrow(expect.objectContaining(refusal));
  expect(() => alice.reconnect()).toThrow(expect.objectContaining(refusal));
  await expect(alice.hereNow({ channels: "a" })).rejects.toMatchObject(refusal);
  await expect(alice.publish({ channel: "a", message: 1 })).rejects.toMatchObject(refusal);
  await world[Symbol.asyncDispose]();
});

test("closing gives up the calls that are under way", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  world.network = () => ({ lost: "silent" });
  const call = alice.hereNow({ channels: "a" });
  const refused = expect(call).rejects.toMatchObject({ code: "closed" });
  await alice.close();
  await refused;
});

test("a client and a subscription can be used by `using`", async () => {
  await using world = await openInMemory();
  const closing: Promise<unknown>[] = [];
  {
    const alice = world.client("alice");
    await using bob = world.client("bob");
    const seat = alice.subscribe({ channels: "a" });
    closing.push(world.advance());
    await using also: AsyncDisposable = { [Symbol.asyncDispose]: () => seat[Symbol.asyncDispose]() };
    await closing[0];
    expect([typeof bob.close, typeof also]).toEqual(["function", "object"]);
    closing.push(world.advance(1_000));
  }
  await Promise.all(closing);
  expect(world.sentOf("leave").map(({ path }) => path)).toEqual([
    "/v2/presence/sub-key/sub-test/channel/a/leave",
  ]);
});

test("closing a client that no connection reaches ends nevertheless", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  alice.subscribe({ channels: "a" });
  await world.advance();
  world.network = () => ({ lost: "silent" });
  let isClosed = false;
  void alice.close().then(() => {
    isClosed = true;
  });
  await world.advance(30_000);
  expect(isClosed).toBe(true);
});
