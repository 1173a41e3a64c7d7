/** What only streams do: taking over from polls, keeping seats, changing in place, and giving way to polls again. */
import { expect, test } from "vitest";
import type { OpenStream, StreamListener } from "../src/index.ts";
import { type InMemory, openInMemory } from "./support/in-memory.ts";
import { record, recordStatuses } from "./support/recording.ts";

const open = (options: Parameters<typeof openInMemory>[0] = {}): Promise<InMemory> =>
  openInMemory({ ...options, carriage: "stream" });

/** What was sent, without the polls that followed. */
const kinds = (world: InMemory, userId: string): readonly string[] =>
  world.sent.filter(({ query }) => query.get("uuid") === userId).map(({ kind }) => kind);

test("a stream takes over from the handshake's cursor, and nothing else is sent", async () => {
  await using world = await open();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a", withPresence: true }));
  await world.advance();
  for (const message of [1, 2, 3]) await bob.publish({ channel: "a", message });
  await world.advance(1_000_000);
  expect(got.lines()).toEqual(["a join alice 1", "a message 1", "a message 2", "a message 3"]);
  expect(kinds(world, "alice")).toEqual(["subscribe"]);
  expect(world.streams.openCount()).toBe(1);
});

test("what happens between the handshake and the stream arrives once", async () => {
  await using world = await open();
  world.streamFate = () => ({ delayMs: 2_000 });
  const got = record(world.client("alice").subscribe({ channels: "a" }));
  await world.advance(1_000);
  const published = world.client("bob").publish({ channel: "a", message: "meanwhile" });
  await world.advance(5_000);
  await published;
  expect(got.lines()).toEqual(['a message "meanwhile"']);
});

test("a stream keeps the seats without heartbeats, for longer than the presence timeout", async () => {
  await using world = await open();
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance();
  world.client("alice", { presenceTimeoutSeconds: 10 }).subscribe({ channels: "a" });
  await world.advance(100_000);
  expect(watcher.lines()).toEqual(["a join alice 1"]);
  expect(kinds(world, "alice")).toEqual(["subscribe"]);
});

test("subscriptions change in place: one frame each, no second stream, and nobody sees more than they did", async () => {
  await using world = await open();
  const watcher = record(world.client("watcher").subscribe({ channels: ["a-pnpres", "b-pnpres"] }));
  await world.advance();
  const alice = world.client("alice");
  const first = record(alice.subscribe({ channels: "a" }));
  await world.advance(1_000);
  const second = alice.subscribe({ channels: "b", state: { mood: "fine" } });
  const got = record(second);
  await world.advance(1_000);
  await world.client("bob").publish({ channel: "b", message: 1 });
  await world.client("bob").publish({ channel: "a", message: 2 });
  await world.advance(1_000);
  await second.close();
  await world.advance(10_000);
  expect([first.lines(), got.lines()]).toEqual([["a message 2"], ["b message 1"]]);
  expect(watcher.lines()).toEqual([
    "a join alice 1",
    "b join alice 1",
    'b state-change alice 1 {"mood":"fine"}',
    'b leave alice 0 {"mood":"fine"}',
  ]);
  expect(world.streams.frames.map((frame) => JSON.parse(frame))).toEqual([
    { id: 1, subscribe: { channels: "a,b", groups: "", state: { b: { mood: "fine" } } } },
    { id: 2, subscribe: { channels: "a", groups: "" } },
    { id: 3, leave: { channels: "b", groups: "" } },
  ]);
  expect([world.streams.targets.length, kinds(world, "alice")]).toEqual([2, ["subscribe"]]);
});

test("a filter goes with the stream, and with a change of it", async () => {
  await using world = await open();
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a", filter: "n > 1" }));
  await world.advance();
  for (const n of [1, 2]) await bob.publish({ channel: "a", message: n, meta: { n } });
  alice.subscribe({ channels: "b", filter: "n > 1" });
  await world.advance();
  for (const n of [1, 2]) await bob.publish({ channel: "a", message: n + 2, meta: { n } });
  await world.advance();
  expect(got.lines()).toEqual(["a message 2", "a message 4"]);
});

test("where upgrades are refused, polls go on, and a stream is tried again after a minute or two", async () => {
  await using world = await open();
  world.streamFate = () => ({ refused: "told" });
  const statuses = recordStatuses(world.client("watcher"));
  const alice = world.client("alice");
  const bob = world.client("bob");
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance(10_000);
  await bob.publish({ channel: "a", message: 1 });
  await world.advance(10_000);
  expect([got.lines(), world.streams.targets.length]).toEqual([["a message 1"], 1]);
  world.streamFate = () => ({});
  await world.advance(100_000);
  expect([world.streams.targets.length, world.streams.openCount()]).toEqual([2, 1]);
  await bob.publish({ channel: "a", message: 2 });
  await world.advance(1_000_000);
  expect(got.lines()).toEqual(["a message 1", "a message 2"]);
  expect(got.statuses.map(({ type }) => type)).toEqual(["connecting", "connected"]);
  expect(statuses).toEqual([]);
});

test("a stream that nobody answers is given up after five seconds, and nothing is lost", async () => {
  await using world = await open();
  world.streamFate = () => ({ refused: "silent" });
  const got = record(world.client("alice").subscribe({ channels: "a" }));
  await world.advance(1_000);
  await world.client("bob").publish({ channel: "a", message: 1 });
  await world.advance(3_999);
  expect(got.lines()).toEqual([]);
  await world.advance(1);
  expect(got.lines()).toEqual(["a message 1"]);
});

test("a server without streams is polled", async () => {
  await using world = await openInMemory({ carriage: "poll" });
  const alice = world.client("alice", { openStream: world.streams.open });
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance();
  await world.client("bob").publish({ channel: "a", message: 1 });
  await world.advance();
  expect([got.lines(), world.streams.targets]).toEqual([["a message 1"], []]);
});

test("a client that wants none has none, and so has one that carries requests itself", async () => {
  await using world = await open();
  world.client("alice", { stream: "off" }).subscribe({ channels: "a" });
  await world.advance();
  expect(world.streams.targets).toEqual([]);
});

test("a stream is either wanted or not", async () => {
  await using world = await open();
  // What the types do not let through.
  const options = { stream: "on" } as unknown as { readonly stream: "off" };
  expect(() => world.client("alice", options)).toThrow('stream is "on", and has to be "auto" or "off".');
});

test("a stream that breaks is a lost connection: it comes back from the cursor, and nobody sees it go", async () => {
  await using world = await open();
  const watcher = record(world.client("watcher", { stream: "off" }).subscribe({ channels: "a-pnpres" }));
  const bob = world.client("bob");
  const got = record(world.client("alice").subscribe({ channels: "a" }));
  await world.advance(10_000);
  await bob.publish({ channel: "a", message: 1 });
  await world.advance();
  world.streams.breakAll();
  await bob.publish({ channel: "a", message: 2 });
  await world.advance(1_000);
  await bob.publish({ channel: "a", message: 3 });
  await world.advance(20_000);
  expect(got.lines()).toEqual(["a message 1", "a message 2", "a message 3"]);
  expect(got.statuses.map(({ type }) => type)).toEqual([
    "connecting",
    "connected",
    "reconnecting",
    "connected",
  ]);
  expect(watcher.lines()).toEqual(["a join alice 1"]);
  expect(world.streams.openCount()).toBe(1);
});

test.each([
  // Ten seconds until it has been silent for as long, ten more at most, and five for the answer.
  ["the heartbeat interval", 22, 26_000],
  ["a minute, however long heartbeats may take", 300, 66_000],
])(
  "a stream that is dead without a word is found out after %s",
  async (_, presenceTimeoutSeconds, withinMs) => {
    await using world = await open();
    world.streamFate = () => ({ breaksAt: { frame: 1, how: "silent" } });
    const alice = world.client("alice", { presenceTimeoutSeconds });
    const got = record(alice.subscribe({ channels: "a" }));
    await world.advance(1_000);
    await world.client("bob").publish({ channel: "a", message: 1 });
    world.streamFate = () => ({});
    await world.advance(withinMs);
    expect(got.lines()).toEqual(["a message 1"]);
    expect(world.streams.openCount()).toBe(1);
  },
);

test("with nothing left to subscribe to, the stream is closed, and opened again when it is needed", async () => {
  await using world = await open();
  const watcher = record(world.client("watcher", { stream: "off" }).subscribe({ channels: "a-pnpres" }));
  const alice = world.client("alice");
  const seat = alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  await seat.close();
  await world.advance(10_000);
  expect([world.streams.openCount(), world.heldPolls()]).toEqual([0, 1]);
  alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  expect(world.streams.openCount()).toBe(1);
  expect(watcher.lines()).toEqual(["a join alice 1", "a leave alice 0", "a join alice 1"]);
});

test("a client that leaves while its stream is being opened is not brought back by it", async () => {
  await using world = await open();
  world.streamFate = () => ({ delayMs: 3_000 });
  const watcher = record(world.client("watcher", { stream: "off" }).subscribe({ channels: "a-pnpres" }));
  const alice = world.client("alice");
  alice.subscribe({ channels: "a" });
  await world.advance(1_000);
  const closed = alice.close();
  await world.advance(20_000);
  await closed;
  expect(watcher.lines()).toEqual(["a join alice 1", "a leave alice 0"]);
});

test("disconnect and reconnect go on from the cursor", async () => {
  await using world = await open();
  const alice = world.client("alice");
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance(1_000);
  await alice.disconnect();
  expect(world.streams.openCount()).toBe(0);
  await world.client("bob").publish({ channel: "a", message: "meanwhile" });
  alice.reconnect();
  await world.advance(1_000);
  expect(got.lines()).toEqual(['a message "meanwhile"']);
});

test("many changes in a second are all made, though the server looks at twenty", async () => {
  await using world = await open();
  const alice = world.client("alice");
  alice.subscribe({ channels: "a" });
  await world.advance();
  for (let index = 0; index < 30; index += 1) {
    alice.subscribe({ channels: `more-${index}` });
    await world.advance(1);
  }
  await world.advance(10_000);
  const { channels } = await world.client("bob").whereNow({ userId: "alice" });
  expect(channels).toHaveLength(31);
  expect(alice.status).toBe("connected");
  expect(kinds(world, "alice")).toEqual(["subscribe"]);
});

/** A stream in the test's hand: the server's side of it, frame by frame. */
function inHand(): {
  readonly openStream: (target: string, listener: StreamListener) => OpenStream;
  readonly lines: { readonly target: string; readonly listener: StreamListener; isClosed: boolean }[];
} {
  const lines: { readonly target: string; readonly listener: StreamListener; isClosed: boolean }[] = [];
  return {
    lines,
    openStream: (target, listener) => {
      const line = { target, listener, isClosed: false };
      lines.push(line);
      queueMicrotask(() => listener.onText('{"c":"ready","t":{"t":"1","r":1},"id":0}'));
      return {
        send: (text) => {
          const { id } = JSON.parse(text) as { readonly id: number };
          queueMicrotask(() => listener.onText(`{"c":"ready","t":{"t":"1","r":1},"id":${id}}`));
        },
        close: () => {
          line.isClosed = true;
        },
      };
    },
  };
}

test("a server that is on its way out has the stream opened again when it says, from the cursor", async () => {
  await using world = await open();
  const { openStream, lines } = inHand();
  const alice = world.client("alice", { openStream });
  const got = record(alice.subscribe({ channels: "a" }));
  await world.advance();
  lines[0]?.listener.onText('{"t":{"t":"99999999999999999","r":1},"m":[]}');
  await world.advance();
  lines[0]?.listener.onText('{"c":"move","afterMs":700}');
  await world.advance(699);
  expect(lines.map(({ isClosed }) => isClosed)).toEqual([false]);
  await world.advance(1);
  expect(lines.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(lines[1]?.target).toContain("tt=99999999999999999&tr=1");
  expect(got.statuses.map(({ type }) => type)).toEqual(["connecting", "connected"]);
});

test("a server that goes away is no failure: the next stream is tried within a second", async () => {
  await using world = await open();
  const { openStream, lines } = inHand();
  const got = record(world.client("alice", { openStream }).subscribe({ channels: "a" }));
  await world.advance();
  lines[0]?.listener.onClose(1001);
  await world.advance(1_000);
  expect(lines).toHaveLength(2);
  expect(got.statuses.map(({ type }) => type)).toEqual(["connecting", "connected"]);
});

test("a gap is told, and rosters of its channels ask again", async () => {
  await using world = await open();
  const { openStream, lines } = inHand();
  const alice = world.client("alice", { openStream });
  const got = record(alice.subscribe({ channels: "a" }));
  const roster = alice.roster("a");
  await world.advance(1_000);
  const before = world.sentOf("here-now").length;
  const gap = ["a", "a-pnpres"];
  lines[0]?.listener.onText(`{"c":"gap","channels":${JSON.stringify(gap)},"t":{"t":"2","r":1}}`);
  await world.advance(1_000);
  expect(got.statuses.at(-1)).toEqual({ type: "gap", channels: gap });
  expect([world.sentOf("here-now").length - before, roster.snapshot.complete]).toEqual([1, true]);
});

test.each(["no JSON", "{}", '{"c":"gap","channels":7,"t":{"t":"2","r":1}}', '{"c":"move","afterMs":"soon"}'])(
  "a stream that says %s is given up, and polls go on",
  async (text) => {
    await using world = await open();
    const { openStream, lines } = inHand();
    const alice = world.client("alice", { openStream });
    const got = record(alice.subscribe({ channels: "a" }));
    await world.advance();
    lines[0]?.listener.onText(text);
    await world.advance(2_000);
    await world.client("bob").publish({ channel: "a", message: 1 });
    await world.advance();
    expect([lines.map(({ isClosed }) => isClosed), got.lines()]).toEqual([[true], ["a message 1"]]);
  },
);

test("frames of a kind that is not known are passed over", async () => {
  await using world = await open();
  const { openStream, lines } = inHand();
  world.client("alice", { openStream }).subscribe({ channels: "a" });
  await world.advance();
  lines[0]?.listener.onText('{"c":"news","of":"tomorrow"}');
  await world.advance(10_000);
  expect(lines.map(({ isClosed }) => isClosed)).toEqual([false]);
});
