/**
 * The real server in this process, on a clock that the test moves, and clients that reach it without sockets. Between
 * them may stand a network that loses, delays and doubles what it carries.
 */

import type { CancelSignal, Handler, WireRequest } from "@hereabouts/protocol/wire";
import {
  type Composition,
  createSeededRandom,
  openComposition,
  TestClock,
  testKeys,
  type WorldOptions,
} from "@hereabouts/testkit";
import type { ClientOptions, ClientTypes } from "../../src/api.ts";
import { createClient } from "../../src/client.ts";
import type { Client, Reply, Request, Scheduling, Transport } from "../../src/index.ts";
import { createMemoryStreams, type MemoryStreams, type StreamFate } from "./memory-streams.ts";
import { type Carriage, carriage } from "./transports.ts";

/** What becomes of one request. Everything left out is as on a good network. */
export interface Fate {
  /** Milliseconds until the server gets it. */
  readonly delayMs?: number;
  /** Milliseconds the answer takes. */
  readonly replyDelayMs?: number;
  /** The request is lost: the server never sees it. `silent` loses it without telling the sender. */
  readonly lost?: "told" | "silent";
  /** The server sees it, and the answer is lost. */
  readonly replyLost?: "told" | "silent";
  /** The server sees it twice. */
  readonly doubled?: boolean;
  /** Answered with this instead of by the server. */
  readonly answer?: Reply;
}

/** Says what becomes of a request. */
export type Network = (request: Request) => Fate;

/** A request that was sent, as tests look at it. */
export interface SentRequest {
  /** `subscribe`, `heartbeat`, `leave`, `here-now`, ... */
  readonly kind: string;
  readonly target: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly at: number;
  readonly keepalive: boolean;
}

/** A server, its clock, and what was sent to it. */
export interface InMemory extends AsyncDisposable {
  readonly clock: TestClock;
  readonly scheduling: Scheduling;
  /** Everything that clients have sent so far, in order. */
  readonly sent: SentRequest[];
  /** What stands between clients and server from now on. */
  network: Network;
  readonly transport: Transport;
  /** Streams to it, for clients that have them. */
  readonly streams: MemoryStreams;
  /** What becomes of a stream. Default: what becomes of requests, as far as that can be. */
  streamFate: ((target: string) => StreamFate) | undefined;
  /** A client on this server; closed with the world. */
  client<Types extends ClientTypes = ClientTypes>(
    userId: string,
    options?: Partial<ClientOptions<Types>>,
  ): Client<Types>;
  /** Lets everything come to rest, or time pass. */
  advance(ms?: number): Promise<void>;
  heldPolls(): number;
  /** Stops the server and starts another on the same clock: with `:memory:` data everything is lost. */
  restart(): Promise<void>;
  /** Stops the server: until `restart` no connection comes about. */
  stop(): Promise<void>;
  /** The requests of one kind. */
  sentOf(kind: string): readonly SentRequest[];
}

/** How to open one. */
export interface InMemoryOptions extends WorldOptions {
  /** For the clients' dice. Default 1. */
  readonly seed?: number;
  /** Whether clients have streams. Default: as this file of tests is run. */
  readonly carriage?: Carriage;
}

/** Opens a server in this process. */
export async function openInMemory(options: InMemoryOptions = {}): Promise<InMemory> {
  const clock = new TestClock();
  const random = createSeededRandom(options.seed ?? 1);
  const scheduling: Scheduling = {
    now: () => clock.now(),
    after: (ms, run) => clock.at(clock.now() + ms, run),
    random: () => random.uint32() / 2 ** 32,
  };
  const open = (): Promise<Composition> => openComposition({ world: options, clock, data: ":memory:" });
  let node: Composition | undefined;
  const clients = new Set<Client>();
  const sent: SentRequest[] = [];
  const { carriage: how = carriage() } = options;
  const streams = createMemoryStreams({
    door: () => node?.streams,
    after: (ms, run) => void scheduling.after(ms, run),
    fate: (target) => (world.streamFate ?? ((one) => streamFateOf(world.network(requestOf(one)))))(target),
  });
  const start = async (): Promise<void> => {
    node = await open();
    if (how === "stream") streams.attach(node.streams);
  };
  await start();
  const world: InMemory = {
    clock,
    scheduling,
    sent,
    network: () => ({}),
    streams,
    streamFate: undefined,
    transport: (request) => {
      sent.push(sentRequest(request, clock.now()));
      return carry(request, world.network(request), { scheduling, handler: () => node?.handler });
    },
    client: (userId, more = {}) => {
      const client = createClient({
        origin: "http://memory.test",
        subscribeKey: testKeys.subscribe,
        publishKey: testKeys.publish,
        userId,
        deviceId: `${userId}-${clients.size}`,
        transport: world.transport,
        scheduling,
        ...(how === "stream" && { openStream: streams.open }),
        ...more,
      });
      clients.add(client as unknown as Client);
      return client;
    },
    advance: (ms = 0) => clock.advance(ms),
    sentOf: (kind) => sent.filter((request) => request.kind === kind),
    heldPolls: () => node?.heldPolls() ?? 0,
    stop: async () => {
      await node?.stop();
      node = undefined;
    },
    restart: async () => {
      await node?.stop();
      await start();
    },
    [Symbol.asyncDispose]: async () => {
      world.network = () => ({});
      const closed = Promise.all([...clients].map((client) => client.close()));
      await clock.advance(60_000);
      await closed;
      await node?.stop();
    },
  };
  return world;
}

function requestOf(target: string): Request {
  return { method: "GET", target, signal: new AbortController().signal };
}

/** What becomes of a stream where this would become of a request. */
function streamFateOf({ lost, replyLost, answer, delayMs, replyDelayMs }: Fate): StreamFate {
  const refused = lost ?? (answer && "told");
  return {
    ...(delayMs !== undefined && { delayMs }),
    ...(replyDelayMs !== undefined && { frameDelayMs: replyDelayMs }),
    ...(refused && { refused }),
    // The first frame is what says that it is ready.
    ...(replyLost && { breaksAt: { frame: 1, how: replyLost } }),
  };
}

interface Carrier {
  readonly scheduling: Scheduling;
  handler(): Handler | undefined;
}

const disconnected = (): Error => new TypeError("The connection broke.");

function carry(request: Request, fate: Fate, { scheduling, handler }: Carrier): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    signal.addEventListener("abort", () => reject(signal.reason));
    if (signal.aborted) return reject(signal.reason);
    const later = (ms: number | undefined, run: () => void): void => {
      if (ms === undefined) run();
      else scheduling.after(ms, run);
    };
    const answer = async (): Promise<void> => {
      if (fate.lost === "silent") return;
      const handle = handler();
      if (fate.lost === "told" || handle === undefined) return reject(disconnected());
      if (fate.answer !== undefined) return resolve(fate.answer);
      if (fate.doubled) void handle(wireRequest(request));
      const response = await handle(wireRequest(request));
      if (fate.replyLost === "silent") return;
      if (fate.replyLost === "told") return reject(disconnected());
      const retryAfter = response.headers["Retry-After"];
      const reply = { status: response.status, body: response.body };
      later(fate.replyDelayMs, () =>
        resolve(retryAfter === undefined ? reply : { ...reply, retryAfterSeconds: Number(retryAfter) }),
      );
    };
    later(fate.delayMs, () => void answer());
  });
}

function wireRequest({ method, target, body, signal }: Request): WireRequest {
  return { method, target, body, header: () => undefined, signal: cancelSignal(signal) };
}

function cancelSignal(signal: AbortSignal): CancelSignal {
  return {
    onCancel: (waiter) => {
      if (signal.aborted) waiter.release();
      signal.addEventListener("abort", () => waiter.release(), { once: true });
    },
  };
}

function sentRequest({ target, keepalive = false }: Request, at: number): SentRequest {
  const [path = "", search = ""] = target.split("?");
  return { kind: kindOf(path), target, path, query: new Map(new URLSearchParams(search)), at, keepalive };
}

function kindOf(path: string): string {
  const kinds: readonly (readonly [string, RegExp])[] = [
    ["subscribe", /^\/v2\/subscribe\//],
    ["heartbeat", /\/heartbeat$/],
    ["leave", /\/leave$/],
    ["set-state", /\/data$/],
    ["get-state", /\/channel\/[^/]*\/uuid\//],
    ["where-now", /\/uuid\/[^/]*$/],
    ["here-now", /^\/v2\/presence\//],
    ["groups", /^\/v1\/channel-registration\//],
    ["publish", /^\/publish\//],
    ["signal", /^\/signal\//],
    ["time", /^\/time\//],
  ];
  return kinds.find(([, pattern]) => pattern.test(path))?.[0] ?? "unknown";
}
