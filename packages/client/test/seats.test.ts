import { expect, test } from "vitest";
import { type InMemory, openInMemory } from "./support/in-memory.ts";
import { type Recording, record } from "./support/recording.ts";
import { polled } from "./support/transports.ts";

/** Records what is told of channel `a`, from now on. */
async function watch(world: InMemory): Promise<Recording> {
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance(1);
  return watcher;
}

polled()("heartbeats come at half the presence timeout less one second, and keep the seat", async () => {
  await using world = await openInMemory({ policy: { impliedHeartbeat: false } });
  const watcher = await watch(world);
  const alice = world.client("alice", { presenceTimeoutSeconds: 20 });
  const start = world.clock.now();
  alice.subscribe({ channels: "a" });
  await world.advance(60_000);
  const beats = world.sentOf("heartbeat");
  expect(beats.map(({ at }) => at - start)).toEqual([9_000, 18_000, 27_000, 36_000, 45_000, 54_000]);
  expect(Object.fromEntries(beats[0]?.query ?? [])).toEqual({
    heartbeat: "20",
    uuid: "alice",
    instanceid: alice.deviceId,
    pnsdk: expect.stringMatching(/^hereabouts-ts\//),
  });
  expect(watcher.lines()).toEqual(["a join alice 1"]);
});

polled().each([
  [{}, 149_000],
  [{ presenceTimeoutSeconds: 10 }, 4_000],
  [{ presenceTimeoutSeconds: 2 }, 500],
  [{ presenceTimeoutSeconds: 1 }, 500],
  [{ presenceTimeoutSeconds: 60, heartbeatIntervalSeconds: 45 }, 45_000],
])("with %j the first heartbeat comes after %i ms", async (options, ms) => {
  await using world = await openInMemory();
  world.client("alice", options).subscribe({ channels: "a" });
  await world.advance(ms - 1);
  expect(world.sentOf("heartbeat")).toEqual([]);
  await world.advance(1);
  expect(world.sentOf("heartbeat")).toHaveLength(1);
});

test("a subscriber of presence alone sends no heartbeat", async () => {
  await using world = await openInMemory();
  world.client("alice").subscribe({ channels: "a-pnpres" });
  await world.advance(1_000_000);
  expect(world.sentOf("heartbeat")).toEqual([]);
});

polled()(
  "a heartbeat names every channel and group that somebody subscribes to, and the states",
  async () => {
    await using world = await openInMemory();
    const alice = world.client("alice");
    alice.subscribe({
      channels: ["a", "b-pnpres"],
      channelGroups: "g",
      withPresence: true,
      state: { mood: "fine" },
    });
    alice.subscribe({ channels: "c" });
    await world.advance(150_000);
    const [beat] = world.sentOf("heartbeat");
    expect(beat?.path).toBe("/v2/presence/sub-key/sub-test/channel/a,c/heartbeat");
    expect(beat?.query.get("channel-group")).toBe("g");
    expect(JSON.parse(beat?.query.get("state") ?? "")).toEqual({ a: { mood: "fine" }, g: { mood: "fine" } });
  },
);

polled()("state given with a subscription is told with it, and again after every reconnect", async () => {
  await using world = await openInMemory();
  const watcher = await watch(world);
  const alice = world.client("alice", { presenceTimeoutSeconds: 10 });
  alice.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(1_000);
  world.network = ({ target }) => (target.includes("uuid=alice") ? { lost: "told" } : {});
  void alice.disconnect();
  await world.advance(20_000);
  world.network = () => ({});
  alice.reconnect();
  await world.advance(1_000);
  expect(watcher.lines()).toEqual([
    "a join alice 1",
    'a state-change alice 1 {"mood":"fine"}',
    'a timeout alice 0 {"mood":"fine"}',
    "a join alice 1",
    'a state-change alice 1 {"mood":"fine"}',
  ]);
});

test("state given with a subscription to where the user sits already is told at once", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice");
  alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  alice.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(1_000);
  expect((await alice.getState({ channels: "a" })).channels).toEqual({ a: { mood: "fine" } });
});

polled()("the state that was set last is the one that is kept", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { presenceTimeoutSeconds: 20 });
  alice.subscribe({ channels: ["a", "b"], state: { mood: "fine" } });
  await world.advance(1_000);
  await alice.setState({ channels: "a", state: { mood: "tired" } });
  await world.advance(10_000);
  expect(JSON.parse(world.sentOf("heartbeat").at(-1)?.query.get("state") ?? "")).toEqual({
    a: { mood: "tired" },
    b: { mood: "fine" },
  });
});

polled()("a state that the server refuses is not kept", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { presenceTimeoutSeconds: 20 });
  alice.subscribe({ channels: ["a", "b"], state: { mood: "fine" } });
  await world.advance(1_000);
  world.network = ({ target }) => (target.includes("/data") ? { answer: { status: 413, body: "" } } : {});
  await expect(alice.setState({ channels: "a", state: { mood: "tired" } })).rejects.toMatchObject({
    code: "refused",
  });
  await world.advance(10_000);
  expect(JSON.parse(world.sentOf("heartbeat").at(-1)?.query.get("state") ?? "")).toEqual({
    a: { mood: "fine" },
    b: { mood: "fine" },
  });
});

test("a heartbeat while a state is being set does not bring the old one back", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { presenceTimeoutSeconds: 20 });
  alice.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(8_500);
  world.network = ({ target }) => (target.includes("/data") ? { replyDelayMs: 2_000 } : {});
  const set = alice.setState({ channels: "a", state: { mood: "tired" } });
  await world.advance(5_000);
  await set;
  expect((await alice.getState({ channels: "a" })).channels).toEqual({ a: { mood: "tired" } });
});

test("a state that another device of the user sets is kept by this one", async () => {
  await using world = await openInMemory();
  const tab = world.client("alice", { deviceId: "tab", presenceTimeoutSeconds: 20 });
  const phone = world.client("alice", { deviceId: "phone" });
  tab.subscribe({ channels: "a", withPresence: true, state: { mood: "fine" } });
  await world.advance(1_000);
  await phone.setState({ channels: "a", state: { mood: "tired" } });
  await world.advance(20_000);
  expect((await tab.getState({ channels: "a" })).channels).toEqual({ a: { mood: "tired" } });
  await phone.setState({ channels: "a", state: {} });
  await world.advance(20_000);
  expect((await tab.getState({ channels: "a" })).channels).toEqual({ a: undefined });
});

test("two devices of one user are one join and one leave", async () => {
  await using world = await openInMemory();
  const watcher = await watch(world);
  const seats = ["one", "two", "three"].map((deviceId) =>
    world.client("alice", { deviceId }).subscribe({ channels: "a" }),
  );
  await world.advance(1_000);
  for (const seat of seats) {
    void seat.close();
    await world.advance(1_000);
  }
  expect(watcher.lines()).toEqual(["a join alice 1", "a leave alice 0"]);
});

polled()(
  "a user whose connection is lost for longer than the timeout is gone, and comes back by itself",
  async () => {
    await using world = await openInMemory();
    const watcher = await watch(world);
    const alice = world.client("alice", { presenceTimeoutSeconds: 10 });
    const got = record(alice.subscribe({ channels: "a", withPresence: true }));
    await world.advance(1_000);
    world.network = ({ target }) => (target.includes("uuid=alice") ? { lost: "told" } : {});
    await world.client("bob").publish({ channel: "a", message: 1 });
    await world.advance(30_000);
    world.network = () => ({});
    await world.advance(40_000);
    expect(watcher.lines()).toEqual(["a join alice 1", "a timeout alice 0", "a join alice 1"]);
    expect(got.lines()).toEqual(["a join alice 1", "a message 1", "a timeout alice 0", "a join alice 1"]);
  },
);

test("a leave that fails for a moment is tried again", async () => {
  await using world = await openInMemory();
  const watcher = await watch(world);
  const seat = world.client("alice").subscribe({ channels: "a" });
  await world.advance(1_000);
  let isFirst = true;
  world.network = ({ target }) => {
    if (!target.includes("/leave") || !isFirst) return {};
    isFirst = false;
    return { answer: { status: 503, body: "" } };
  };
  void seat.close();
  await world.advance(5_000);
  expect(watcher.lines()).toEqual(["a join alice 1", "a leave alice 0"]);
});

test("a request that arrives twice changes nothing twice", async () => {
  await using world = await openInMemory();
  world.network = () => ({ doubled: true });
  const watcher = await watch(world);
  const alice = world.client("alice", { presenceTimeoutSeconds: 10 });
  const seat = alice.subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(30_000);
  void seat.close();
  await world.advance(5_000);
  expect(watcher.lines()).toEqual([
    "a join alice 1",
    'a state-change alice 1 {"mood":"fine"}',
    'a leave alice 0 {"mood":"fine"}',
  ]);
});

polled()("an event about an older state does not replace the one that is being set", async () => {
  await using world = await openInMemory();
  const alice = world.client("alice", { presenceTimeoutSeconds: 20 });
  world.network = ({ target }) => ({ replyDelayMs: target.includes("/v2/subscribe") ? 300 : 2_000 });
  alice.subscribe({ channels: "a", withPresence: true, state: { mood: "fine" } });
  await world.advance(8_500);
  const first = alice.setState({ channels: "a", state: { mood: "tired" } });
  await world.advance(100);
  const second = alice.setState({ channels: "a", state: { mood: "asleep" } });
  // The event of the first comes at 8.8 s, the heartbeat at 9 s, the event of the second at 9.1 s.
  await world.advance(5_000);
  await Promise.all([first, second]);
  expect(JSON.parse(world.sentOf("heartbeat")[0]?.query.get("state") ?? "")).toEqual({
    a: { mood: "asleep" },
  });
});
