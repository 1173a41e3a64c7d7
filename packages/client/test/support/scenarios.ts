/**
 * What the SDK does over sockets, as a list: the same for every runtime, so that it needs nothing but `node:assert`.
 * Scenarios wait for what is told, never for time to pass, and each has names of its own.
 */
import assert from "node:assert/strict";
import {
  type Client,
  type ClientOptions,
  createClient,
  createFetchTransport,
  type PresenceError,
  type SubscriptionEvent,
} from "../../src/index.ts";
import { lineOf } from "./recording.ts";

/** Whether clients have streams where the server has them, or poll. */
export type Carriage = NonNullable<ClientOptions["stream"]>;

/** All there is. */
export const carriages: readonly Carriage[] = ["auto", "off"];

/** Something to try against the server at an origin. */
export interface Scenario {
  readonly name: string;
  /** `stream` is what its clients are made with. */
  run(origin: string, stream: Carriage): Promise<void>;
}

let count = 0;
/** A name that no other scenario has. */
const fresh = (what: string): string => `${what}-${process.pid}-${Date.now().toString(36)}-${count++}`;

interface Here {
  readonly origin: string;
  readonly channel: string;
  client(userId: string, options?: Partial<ClientOptions>): Client;
}

const scenario = (name: string, run: (here: Here) => Promise<void>): Scenario => ({
  name,
  run: async (origin, stream) => {
    const clients: Client[] = [];
    const client = (userId: string, options: Partial<ClientOptions> = {}): Client => {
      const made = createClient({
        origin,
        subscribeKey: "demo",
        publishKey: "demo",
        userId,
        deviceId: fresh("device"),
        stream,
        ...options,
      });
      clients.push(made);
      return made;
    };
    try {
      await run({ origin, channel: fresh("channel"), client });
    } finally {
      await Promise.all(clients.map((made) => made.close()));
    }
  },
});

/** Resolves with the next event of a kind. Waits as long as the suite lets it. */
async function next<Event extends SubscriptionEvent<object, unknown>>(
  events: AsyncIterator<Event, unknown>,
  line: string,
): Promise<Event> {
  for (;;) {
    const result = await events.next();
    assert(!result.done, `The iteration ended before "${line}".`);
    if (lineOf(result.value) === line) return result.value;
  }
}

const connected = (client: Client): Promise<void> =>
  new Promise((resolve) => {
    if (client.status === "connected") resolve();
    client.onStatus(({ type }) => type === "connected" && resolve());
  });

/** Everything to try. */
export const scenarios: readonly Scenario[] = [
  scenario("joins, messages, states and leaves arrive", async ({ channel, client }) => {
    const alice = client("alice");
    const events = alice.subscribe({ channels: channel, withPresence: true })[Symbol.asyncIterator]();
    await next(events, `${channel} join alice 1`);
    const bob = client("bob");
    const seat = bob.subscribe({ channels: channel, state: { mood: "fine" } });
    await next(events, `${channel} join bob 2`);
    await next(events, `${channel} state-change bob 2 {"mood":"fine"}`);
    await bob.publish({ channel, message: "ü".repeat(5_000) });
    await next(events, `${channel} message ${JSON.stringify("ü".repeat(5_000))}`);
    await bob.signal({ channel, message: [1] });
    await next(events, `${channel} signal [1]`);
    await seat.close();
    await next(events, `${channel} leave bob 1 {"mood":"fine"}`);
  }),

  scenario("here now, where now, states and groups answer", async ({ channel, client }) => {
    const alice = client("al/ice,ü", { token: "secret" });
    const odd = `${channel}/ü?#&=`;
    alice.subscribe({ channels: [channel, odd] });
    await connected(alice);
    await alice.setState({ channels: [channel], state: { age: 20 } });
    const now = await alice.hereNow({ channels: [channel, odd], includeState: true });
    assert.deepEqual(
      Object.entries(now.channels).map(([name, { occupants }]) => [name, occupants]),
      [
        [channel, [{ userId: "al/ice,ü", state: { age: 20 } }]],
        [odd, [{ userId: "al/ice,ü", state: undefined }]],
      ],
    );
    assert.deepEqual((await alice.whereNow()).channels.toSorted(), [channel, odd].toSorted());
    const group = fresh("group");
    await alice.channelGroups.addChannels({ channelGroup: group, channels: [channel, odd] });
    assert.deepEqual(await alice.channelGroups.listChannels({ channelGroup: group }), {
      channels: [channel, odd],
    });
    assert.equal((await alice.hereNow({ channelGroups: group })).totalOccupancy, 2);
    await alice.channelGroups.delete({ channelGroup: group });
    assert.match((await alice.time()).timetoken, /^\d{17}$/);
    const pages: string[][] = [];
    for await (const page of alice.hereNow.pages({ channel, limit: 1 }))
      pages.push(page.occupants.map(({ userId }) => userId));
    assert.deepEqual(pages, [["al/ice,ü"]]);
  }),

  scenario("a call is given up by its signal", async ({ channel, client }) => {
    const reason = new Error("Not needed any more.");
    await assert.rejects(client("alice").hereNow({ channels: channel, signal: AbortSignal.abort(reason) }), {
      name: "PresenceError",
      code: "aborted",
    });
  }),

  scenario("what the server refuses is told in its words", async ({ channel, client }) => {
    await assert.rejects(client("alice").signal({ channel, message: "x".repeat(100) }), {
      code: "refused",
      status: 400,
      message: "The server answered 400 Signal size too large",
    });
    const refused = client("alice", { subscribeKey: "nobody" });
    const problem = new Promise((resolve) => {
      refused.onStatus((event) => event.type === "disconnected" && resolve(event));
    });
    refused.subscribe({ channels: channel });
    const event = (await problem) as { reason: string; error: PresenceError };
    assert.deepEqual([event.reason, event.error.code, event.error.status], ["refused", "refused", 400]);
  }),

  scenario("no connection is a network error", async ({ channel, client }) => {
    const lonely = client("alice", { origin: "http://127.0.0.1:9", retry: { callRetries: 1, baseMs: 10 } });
    await assert.rejects(lonely.hereNow({ channels: channel }), { code: "network" });
  }),

  scenario("two devices of one user are one join and one leave", async ({ channel, client }) => {
    const watcher = client("watcher");
    const events = watcher.subscribe({ channels: `${channel}-pnpres` })[Symbol.asyncIterator]();
    await connected(watcher);
    const tabs = [client("alice"), client("alice")];
    for (const tab of tabs) {
      tab.subscribe({ channels: channel });
      await connected(tab);
    }
    for (const tab of tabs) await tab.close();
    await client("bob").publish({ channel, message: "end" });
    client("bob").subscribe({ channels: channel });
    const seen: string[] = [];
    while (!seen.includes(`${channel} join bob 1`)) {
      const { value } = await events.next();
      if (value) seen.push(lineOf(value));
    }
    assert.deepEqual(seen, [`${channel} join alice 1`, `${channel} leave alice 0`, `${channel} join bob 1`]);
  }),

  scenario("disconnect and reconnect go on from the cursor", async ({ channel, client }) => {
    const alice = client("alice");
    const events = alice.subscribe({ channels: channel })[Symbol.asyncIterator]();
    await connected(alice);
    await alice.disconnect();
    await client("bob").publish({ channel, message: "meanwhile" });
    alice.reconnect();
    await next(events, `${channel} message "meanwhile"`);
  }),

  scenario("a short presence timeout is kept by heartbeats", async ({ origin, channel, client }) => {
    const watcher = client("watcher");
    const events = watcher.subscribe({ channels: `${channel}-pnpres` })[Symbol.asyncIterator]();
    await connected(watcher);
    const fetched = createFetchTransport(origin);
    const beats: string[] = [];
    let enough = (): void => {};
    const beaten = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const alice = client("alice", {
      presenceTimeoutSeconds: 1,
      heartbeatIntervalSeconds: 0.5,
      // A stream needs none.
      stream: "off",
      transport: (request) => {
        if (request.target.includes("/heartbeat?") && beats.push(request.target) === 4) enough();
        return fetched(request);
      },
    });
    alice.subscribe({ channels: channel });
    await beaten;
    await alice.close();
    const seen = [await events.next(), await events.next()].map(({ value }) => value && lineOf(value));
    assert.deepEqual(seen, [`${channel} join alice 1`, `${channel} leave alice 0`]);
  }),

  scenario("a roster shows who is there", async ({ channel, client }) => {
    const watcher = client("watcher");
    const roster = watcher.roster(channel);
    await roster.ready();
    const alice = client("alice");
    alice.subscribe({ channels: channel, state: { mood: "fine" } });
    for await (const { occupants, complete } of roster) {
      const state = occupants.get("alice")?.state as { mood?: string } | undefined;
      if (complete && state?.mood === "fine") break;
    }
    await alice.close();
    for await (const { occupants } of roster) if (occupants.size === 0) break;
  }),
];
