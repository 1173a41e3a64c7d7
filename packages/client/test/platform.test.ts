import { afterEach, expect, test } from "vitest";
import { createClient } from "../src/index.ts";
import { type Surroundings, watchPage } from "../src/platform.ts";
import type { Transport } from "../src/ports.ts";
import { openInMemory } from "./support/in-memory.ts";
import { record } from "./support/recording.ts";
import { polled } from "./support/transports.ts";

/** A page: a window and its document, without a browser. */
function openPage(): Surroundings & {
  fire(type: string): void;
  readonly listening: () => readonly string[];
  visibility: string;
} {
  const window = new EventTarget();
  const document = new EventTarget();
  const listeners: string[] = [];
  const counting = (target: EventTarget) => ({
    addEventListener: (type: string, listener: () => void, until: { readonly signal: AbortSignal }) => {
      listeners.push(type);
      target.addEventListener(type, listener, until);
      until.signal.addEventListener("abort", () => listeners.splice(listeners.indexOf(type), 1));
    },
  });
  const page: ReturnType<typeof openPage> = {
    ...counting(window),
    document: {
      ...counting(document),
      get visibilityState(): string {
        return page.visibility;
      },
    },
    visibility: "visible",
    fire: (type: string) => {
      window.dispatchEvent(new Event(type));
      document.dispatchEvent(new Event(type));
    },
    listening: () => listeners,
  };
  return page;
}

const names = ["document", "addEventListener"] as const;
const undo: (() => void)[] = [];

/** Makes this process look like a page until the test is over. */
function openGlobalPage(): ReturnType<typeof openPage> {
  const page = openPage();
  for (const name of names) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value: page[name], configurable: true });
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    });
  }
  return page;
}

afterEach(() => {
  for (const run of undo.splice(0)) run();
});

test("where there is no page, nothing is watched", () => {
  expect(() => watchPage({ hide: () => {}, wake: () => {} }, new AbortController().signal, {})).not.toThrow();
});

test.each([
  ["pagehide", "visible", ["hide"]],
  ["pageshow", "visible", ["wake"]],
  ["online", "visible", ["wake"]],
  ["resume", "visible", ["wake"]],
  ["visibilitychange", "visible", ["wake"]],
  ["visibilitychange", "hidden", []],
  ["blur", "visible", []],
])("%s of a %s page", (type, visibility, expected) => {
  const page = openPage();
  const told: string[] = [];
  const watch = new AbortController();
  watchPage({ hide: () => told.push("hide"), wake: () => told.push("wake") }, watch.signal, page);
  page.visibility = visibility;
  page.fire(type);
  watch.abort();
  page.fire(type);
  expect([told, page.listening()]).toEqual([expected, []]);
});

test("a page that is left leaves by a request that outlives it", async () => {
  const page = openGlobalPage();
  await using world = await openInMemory();
  world.client("alice").subscribe({ channels: ["a", "b"] });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance();
  expect(world.sentOf("leave").map(({ path, keepalive }) => [path, keepalive])).toEqual([
    ["/v2/presence/sub-key/sub-test/channel/a,b/leave", true],
  ]);
});

polled()("a page that is left aborts its poll before it sends its leave", async () => {
  const page = openGlobalPage();
  await using world = await openInMemory();
  const polls: AbortSignal[] = [];
  const wereAborted: boolean[] = [];
  const transport: Transport = (request) => {
    if (request.target.includes("/subscribe/")) polls.push(request.signal);
    if (request.target.includes("/leave")) wereAborted.push(polls.at(-1)?.aborted === true);
    return world.transport(request);
  };
  world.client("alice", { transport }).subscribe({ channels: "a" });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance();
  expect([polls.length, wereAborted]).toEqual([2, [true]]);
});

test("a poll that reaches the service after the leave of its page does not take the seat again", async () => {
  await using world = await openInMemory();
  // Before there is a page: nothing that happens to it concerns the watcher.
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance(1_000);
  const page = openGlobalPage();
  world.network = ({ target }) => (/\/sub-test\/a\/0\?.*tt=[1-9]/.test(target) ? { delayMs: 1_500 } : {});
  world.client("alice").subscribe({ channels: "a" });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance(10_000);
  expect([watcher.lines(), world.sentOf("leave").length]).toEqual([["a join alice 1", "a leave alice 0"], 1]);
});

test("a page that watches where it sits does not come back when it hears of its own leaving", async () => {
  await using world = await openInMemory();
  // Before there is a page: nothing that happens to it concerns the watcher.
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance(1_000);
  const page = openGlobalPage();
  world.client("alice").subscribe({ channels: "a", withPresence: true });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance(1_000);
  expect(watcher.lines()).toEqual(["a join alice 1", "a leave alice 0"]);
});

test("a page that sits nowhere leaves nothing", async () => {
  const page = openGlobalPage();
  await using world = await openInMemory();
  const alice = world.client("alice");
  alice.subscribe({ channels: "a-pnpres" });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance();
  expect(world.sentOf("leave")).toEqual([]);
});

test("a page that comes back from where the browser kept it takes its seat again at once", async () => {
  const page = openGlobalPage();
  await using world = await openInMemory();
  const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
  await world.advance(1_000);
  world.client("alice").subscribe({ channels: "a", state: { mood: "fine" } });
  await world.advance(1_000);
  page.fire("pagehide");
  await world.advance(500);
  page.fire("pageshow");
  await world.advance(500);
  expect(watcher.lines()).toEqual([
    "a join alice 1",
    'a state-change alice 1 {"mood":"fine"}',
    'a leave alice 0 {"mood":"fine"}',
    "a join alice 1",
    'a state-change alice 1 {"mood":"fine"}',
  ]);
});

polled()(
  "a page that was frozen and wakes within the timeout comes back without a flicker, and misses nothing",
  async () => {
    const page = openGlobalPage();
    await using world = await openInMemory();
    const watcher = record(world.client("watcher").subscribe({ channels: "a-pnpres" }));
    await world.advance(1_000);
    const alice = world.client("alice", { presenceTimeoutSeconds: 60 });
    const got = record(alice.subscribe({ channels: "a" }));
    await world.advance(1_000);
    // Frozen: what it sends does not go out, and what comes does not come in.
    world.network = ({ target }) => (target.includes("uuid=alice") ? { lost: "silent" } : {});
    await world.client("bob").publish({ channel: "a", message: "meanwhile" });
    const frozenAt = world.clock.now();
    await world.advance(50_000);
    world.network = () => ({});
    page.fire("resume");
    await world.advance(100);
    const handshakes = world
      .sentOf("subscribe")
      .filter(({ query, at }) => query.get("tt") === "0" && query.get("uuid") === "alice" && at > frozenAt);
    expect(handshakes.map(({ at }) => at - frozenAt)).toEqual([50_000]);
    await world.advance(40_000);
    expect(watcher.lines()).toEqual(["a join alice 1"]);
    expect(got.lines()).toEqual(['a message "meanwhile"']);
  },
);

test("a page that comes into sight again and again asks only when its poll is old", async () => {
  const page = openGlobalPage();
  await using world = await openInMemory();
  world.client("alice").subscribe({ channels: "a" });
  await world.advance(1_000);
  const before = world.sent.length;
  for (let index = 0; index < 20; index += 1) page.fire("visibilitychange");
  await world.advance();
  expect(world.sent).toHaveLength(before);
});

test("closing a client takes its listeners off the page", async () => {
  const page = openGlobalPage();
  const client = createClient({ origin: "http://127.0.0.1:9", subscribeKey: "demo", userId: "alice" });
  expect(page.listening()).toHaveLength(5);
  await client.close();
  expect(page.listening()).toEqual([]);
});
