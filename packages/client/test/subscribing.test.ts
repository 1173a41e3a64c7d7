import { expect, test } from "vitest";
import { openInMemory } from "./support/in-memory.ts";
import { record, recordStatuses } from "./support/recording.ts";
import { polled } from "./support/transports.ts";

test("a subscriber is told of its own join, of others, and of what is published", async () => {
  await using world = await openInMemory();
  const alice = record(world.client("alice").subscribe({ channels: "lobby", withPresence: true }));
  await world.advance();
  const bob = world.client("bob");
  const seat = bob.subscribe({ channels: "lobby" });
  await world.advance();
  await bob.publish({
    channel: "lobby",
    message: { text: "hi" },
    meta: { lang: "en" },
    customMessageType: "chat",
  });
  await bob.signal({ channel: "lobby", message: "typing" });
  await world.advance();
  await seat.close();
  await world.advance();
  expect(alice.lines()).toEqual([
    "lobby join alice 1",
    "lobby join bob 2",
    'lobby message {"text":"hi"}',
    'lobby signal "typing"',
    "lobby leave bob 1",
  ]);
  expect(alice.events[2]).toEqual({
    type: "message",
    channel: "lobby",
    subscription: undefined,
    timetoken: expect.stringMatching(/^\d{17}$/),
    message: { text: "hi" },
    publisher: "bob",
    meta: { lang: "en" },
    customMessageType: "chat",
  });
});

test("a presence event tells the revision and the epoch of its channel", async () => {
  await using world = await openInMemory();
  const alice = record(world.client("alice").subscribe({ channels: "lobby", withPresence: true }));
  await world.advance();
  expect(alice.events[0]).toEqual({
    type: "presence",
    action: "join",
    channel: "lobby",
    subscription: undefined,
    timetoken: expect.stringMatching(/^\d{17}$/),
    userId: "alice",
    occupancy: 1,
    at: world.clock.now(),
    revision: 1,
    epoch: expect.any(String),
  });
});

polled()("subscriptions that come in one turn share one handshake and one poll", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const one = record(alice.subscribe({ channels: ["a", "b"], withPresence: true }));
  const two = record(alice.subscribe({ channels: ["b", "c"] }));
  await world.advance();
  await world.client("bob").publish({ channel: "b", message: 1 });
  await world.advance();
  await world.client("bob").publish({ channel: "c", message: 2 });
  await world.advance();
  const paths = world
    .sentOf("subscribe")
    .map(({ path, query }) => `${path} ${query.get("tt") === "0" ? "handshake" : "poll"}`);
  expect(new Set(paths)).toEqual(
    new Set([
      "/v2/subscribe/sub-test/a,b,a-pnpres,b-pnpres,c/0 handshake",
      "/v2/subscribe/sub-test/a,b,a-pnpres,b-pnpres,c/0 poll",
    ]),
  );
  expect(paths.filter((path) => path.endsWith("handshake"))).toHaveLength(1);
  expect(one.lines()).toEqual(["a join alice 1", "b join alice 1", "b message 1"]);
  expect(two.lines()).toEqual(["b message 1", "c message 2"]);
});

test("a subscription that comes later is told only of what happens from then on", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const early = record(alice.subscribe({ channels: "a" }));
  await world.advance();
  await bob.publish({ channel: "b", message: "before" });
  await world.advance(10_000);
  const late = record(alice.subscribe({ channels: "b" }));
  await world.advance();
  await bob.publish({ channel: "a", message: "for early" });
  await bob.publish({ channel: "b", message: "after" });
  await world.advance();
  expect(early.lines()).toEqual(['a message "for early"']);
  expect(late.lines()).toEqual(['b message "after"']);
});

test("nothing is missed while what is subscribed to changes", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance();
  // The handshake for the new channel takes a second, and things happen meanwhile.
  world.network = ({ target }) =>
    target.includes("/b/0") || target.includes("a,b") ? { delayMs: 500, replyDelayMs: 500 } : {};
  alice.subscribe({ channels: "b" });
  await world.advance(100);
  await bob.publish({ channel: "a", message: 1 });
  await world.advance(3_000);
  expect(got.lines()).toEqual(["a message 1"]);
});

test("a subscription by group says by which, and one by wildcard, too", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  await alice.channelGroups.addChannels({ channelGroup: "friends", channels: ["x", "y"] });
  const group = record(alice.subscribe({ channelGroups: "friends", withPresence: true }));
  const wild = record(alice.subscribe({ channels: "a.*" }));
  await world.advance();
  await bob.publish({ channel: "x", message: 1 });
  await bob.publish({ channel: "a.b", message: 2 });
  await bob.publish({ channel: "a", message: 3 });
  await world.advance();
  expect(group.lines()).toEqual([
    "x join alice 1 by friends",
    "y join alice 1 by friends",
    "x message 1 by friends",
  ]);
  expect(wild.lines()).toEqual(["a.b message 2 by a.*"]);
});

test("an item that several subscriptions match reaches each by its own way", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const own = record(alice.subscribe({ channels: "a.b" }));
  const wild = record(alice.subscribe({ channels: "a.*", withPresence: true }));
  await world.advance();
  await world.client("bob").publish({ channel: "a.b", message: 1 });
  await world.advance();
  expect(own.lines()).toEqual(["a.b message 1"]);
  expect(wild.lines()).toEqual(["a.b join alice 1 by a.*", "a.* join alice 1", "a.b message 1 by a.*"]);
});

test("a filter holds for every subscription of its client, and there is only one", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a", filter: "lang == 'en'" }));
  expect(() => alice.subscribe({ channels: "b", filter: "lang == 'de'" })).toThrow(
    `filter "lang == 'de'" beside "lang == 'en'": a client has one, a roster none.`,
  );
  expect(() => alice.subscribe({ channels: "b", filter: "" })).toThrow("filter is empty.");
  await world.advance();
  await bob.publish({ channel: "a", message: 1, meta: { lang: "de" } });
  await bob.publish({ channel: "a", message: 2, meta: { lang: "en" } });
  await world.advance();
  expect(got.lines()).toEqual(["a message 2"]);
});

test("a filter and a roster cannot be in one client", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const filtered = alice.subscribe({ channels: "a", filter: "lang == 'en'" });
  expect(() => alice.roster("a")).toThrow("a client has one, a roster none");
  await filtered.close();
  alice.roster("a");
  expect(() => alice.subscribe({ channels: "a", filter: "lang == 'en'" })).toThrow(
    "a client has one, a roster none",
  );
});

polled()("closing one subscription leaves only what no other needs", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const one = alice.subscribe({ channels: ["a", "b"] });
  alice.subscribe({ channels: ["b", "c"] });
  await world.advance();
  await one.close();
  await world.advance();
  expect(world.sentOf("leave").map(({ path }) => path)).toEqual([
    "/v2/presence/sub-key/sub-test/channel/a/leave",
  ]);
  expect(await alice.whereNow()).toEqual({ channels: ["b", "c"] });
});

test("a subscription that is closed and made again in one turn leaves nothing", async () => {
  await using world = await openInMemory();
  const watcher = record(world.client("watcher").subscribe({ channels: "a", withPresence: true }));
  const alice = world.client("alice");
  const first = alice.subscribe({ channels: "a" });
  await world.advance(5_000);
  void first.close();
  alice.subscribe({ channels: "a" });
  await world.advance(5_000);
  expect(watcher.lines()).toEqual(["a join watcher 1", "a join alice 2"]);
  expect(world.sentOf("leave")).toEqual([]);
});

test("a leave does not overtake the handshake it takes back", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  world.network = ({ target }) => (target.includes("tt=0") ? { delayMs: 1_000 } : {});
  const seat = alice.subscribe({ channels: "a" });
  await world.advance(100);
  const closed = seat.close();
  await world.advance(5_000);
  await closed;
  expect(world.sentOf("leave").map(({ at }) => at - (world.sent[0]?.at ?? 0))).toEqual([1_000]);
  expect(await alice.hereNow({ channels: "a" })).toMatchObject({ totalOccupancy: 0 });
});

test("a handshake does not overtake the leave before it", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const first = alice.subscribe({ channels: "a" });
  await world.advance(100);
  world.network = ({ target }) => (target.includes("/leave") ? { delayMs: 1_000 } : {});
  void first.close();
  await world.advance(100);
  alice.subscribe({ channels: "a" });
  await world.advance(5_000);
  expect(await alice.hereNow({ channels: "a" })).toMatchObject({ totalOccupancy: 1 });
});

polled()("with nothing left to subscribe to, the client is idle and says so", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const statuses = recordStatuses(alice);
  const seat = alice.subscribe({ channels: "a" });
  await world.advance();
  await seat.close();
  await world.advance(400_000);
  expect(statuses).toEqual(["connecting", "connected", "disconnected"]);
  expect(alice.status).toBe("disconnected");
  expect(world.heldPolls()).toBe(0);
  expect(world.sent.map(({ kind }) => kind)).toEqual(["subscribe", "subscribe", "leave"]);
});

test("presence names that are given as they are take no seat", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const got = record(alice.subscribe({ channels: "a-pnpres" }));
  await world.advance();
  world.client("bob").subscribe({ channels: "a" });
  await world.advance();
  expect(got.lines()).toEqual(["a join bob 1"]);
  expect(await alice.whereNow()).toEqual({ channels: [] });
});

test("iterations yield every event, from the subscription on", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const subscription = alice.subscribe({ channels: "a" });
  await world.advance();
  const bob = world.client("bob");
  for (const message of [1, 2, 3]) await bob.publish({ channel: "a", message });
  await world.advance();
  const got: unknown[] = [];
  for await (const event of subscription) {
    if (event.type === "message") got.push(event.message);
    if (got.length === 3) break;
  }
  expect(got).toEqual([1, 2, 3]);
});

test("an iteration ends with its subscription, after what is still there", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const subscription = alice.subscribe({ channels: "a" });
  await world.advance();
  await world.client("bob").publish({ channel: "a", message: 1 });
  await world.advance();
  await subscription.close();
  const got: unknown[] = [];
  for await (const event of subscription) got.push(event.type);
  expect(got).toEqual(["message"]);
});

polled()("what an iteration leaves behind is bounded, and it says what it dropped", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  const subscription = alice.subscribe({ channels: "a" });
  const statuses: unknown[] = [];
  subscription.onStatus((event) => statuses.push(event));
  await world.advance();
  const items = Array.from({ length: 10_005 }, (_, index) => ({
    a: "1",
    c: "a",
    p: { t: `1${String(index).padStart(16, "9")}`, r: 1 },
    d: index,
  }));
  let answers = 0;
  world.network = ({ target }) => {
    if (!target.includes("/v2/subscribe") || answers > 0) return {};
    answers += 1;
    return {
      answer: { status: 200, body: JSON.stringify({ t: { t: "99999999999999999", r: 1 }, m: items }) },
    };
  };
  await world.client("bob").publish({ channel: "a", message: "wake" });
  await world.advance();
  expect(statuses).toContainEqual({ type: "events-dropped", count: 6 });
  const iterator = subscription[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: { message: 5 } });
});

test("a listener that throws harms neither the others nor the poll", async () => {
  await using world = await openInMemory();
  const problems: unknown[] = [];
  const caught = (problem: unknown): void => void problems.push(problem);
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", caught);
  try {
    const subscription = world.client("alice").subscribe({ channels: "a" });
    subscription.onMessage(() => {
      throw new Error("A listener of ours.");
    });
    const got = record(subscription);
    await world.advance();
    const bob = world.client("bob");
    await bob.publish({ channel: "a", message: 1 });
    await world.advance();
    await bob.publish({ channel: "a", message: 2 });
    await world.advance();
    expect(got.lines()).toEqual(["a message 1", "a message 2"]);
    expect(problems).toEqual([new Error("A listener of ours."), new Error("A listener of ours.")]);
  } finally {
    process.removeListener("uncaughtException", caught);
    for (const other of others) process.on("uncaughtException", other);
  }
});

test("a listener that is taken back is told nothing any more", async () => {
  await using world = await openInMemory();
  const subscription = world.client("alice").subscribe({ channels: "a" });
  const got: unknown[] = [];
  const off = subscription.onMessage(({ message }) => got.push(message));
  await world.advance();
  const bob = world.client("bob");
  await bob.publish({ channel: "a", message: 1 });
  await world.advance();
  off();
  off();
  await bob.publish({ channel: "a", message: 2 });
  await world.advance();
  expect(got).toEqual([1]);
});

test.each([
  [{}, "channels and channelGroups name nothing."],
  [{ channels: [] }, "channels and channelGroups name nothing."],
  [{ channels: "" }, 'channels is "", and has to be 1 to 92 characters without commas, not just dots.'],
  [
    { channels: ["a", "b,c"] },
    'channels is "b,c", and has to be 1 to 92 characters without commas, not just dots.',
  ],
  [
    { channelGroups: "..", channels: "a" },
    'channelGroups is "..", and has to be 1 to 92 characters without commas, not just dots.',
  ],
])("subscribing to %j is refused with a sentence", async (options, sentence) => {
  await using world = await openInMemory();
  expect(() => world.client("alice").subscribe(options)).toThrow(sentence);
});

test("odd names stand in requests as they are, and come back", async () => {
  await using world = await openInMemory();
  const names = ["a/b", "ü?#&=%+", "a:b;c d", "__proto__", "x".repeat(92)];
  const alice = world.client("al,ice/ü");
  const got = record(alice.subscribe({ channels: names, withPresence: true, state: { here: true } }));
  await world.advance();
  expect(new Set(got.events.map(({ channel }) => channel))).toEqual(new Set(names));
  expect((await alice.whereNow()).channels).toEqual(names);
  const now = await alice.hereNow({ channels: names, includeState: true });
  expect(Object.keys(now.channels)).toEqual(names);
  expect(Object.getOwnPropertyDescriptor(now.channels, "__proto__")?.value).toEqual({
    channelName: "__proto__",
    occupancy: 1,
    occupants: [{ userId: "al,ice/ü", state: { here: true } }],
  });
});
