/**
 * The real server and real clients on one clock, with a network between them that loses, delays and doubles, and a server
 * that is stopped, killed and started. What goes wrong is drawn from a seed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Policy } from "@hereabouts/core";
import type { CancelSignal, WireRequest } from "@hereabouts/protocol/wire";
import {
  type Composition,
  createSeededRandom,
  openComposition,
  type SeededRandom,
  TestClock,
  testKeys,
} from "@hereabouts/testkit";
import type { Streams } from "../../src/core.ts";
import { createCalls, createCore, createRosters, createStreams } from "../../src/core.ts";
import type { Client, CoreOptions, Reply, Request, Scheduling } from "../../src/index.ts";
import { createMemoryStreams, type MemoryStreams, type StreamFate } from "./memory-streams.ts";
import { createTruth, type Truth } from "./roster-truth.ts";
import { carriage } from "./transports.ts";

/** How bad the network is: how many of a hundred requests meet with what. */
export interface Weather {
  /** The request, or the answer, is lost. Half of it without the sender being told. */
  readonly lost: number;
  /** The server gets the request twice. */
  readonly doubled: number;
  /** The request, or the answer, takes up to three seconds. */
  readonly slow: number;
  /** The answer takes up to half a minute. */
  readonly verySlow: number;
}

/** A network without faults. */
export const fair: Weather = { lost: 0, doubled: 0, slow: 0, verySlow: 0 };

/** A client, and what it has been told. */
export interface Wired {
  readonly client: Client;
  /** Whether nothing gets from it to the server or back. */
  isCut: boolean;
  /** Path and query of what it has sent. */
  readonly sent: readonly string[];
  /** The latest end of a user in a channel that a poll has brought, as a moment of the truth. */
  toldEnd(channel: string, userId: string): number | undefined;
}

/** The world. */
export interface RosterWorld {
  readonly clock: TestClock;
  readonly truth: Truth;
  weather: Weather;
  connect(userId: string, deviceId: string): Wired;
  /** A request from beside the network: faults are not for it. `undefined` while the server is down. */
  ask(target: string): Promise<unknown>;
  readonly isUp: boolean;
  /** Stops the server as a shutdown does; it keeps what it has. */
  stop(): Promise<void>;
  /** The server dies: connections break, and what it had is lost. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Closes all clients and the server, and checks that nothing is left over. */
  close(): Promise<void>;
}

/** How to open a world. */
export interface RosterWorldOptions {
  readonly seed: number;
  /** Users on one page of here now. Default: as many as the client asks for. */
  readonly pageLimit?: number;
  /** Up to which occupancy every change is told. Default: the service's. */
  readonly announceMax?: number;
  /** Whether answers are as those of a server that knows nothing of revisions. Default false. */
  readonly isBare?: boolean;
}

/** Opens a world with the server up and fair weather. */
export async function openRosterWorld(options: RosterWorldOptions): Promise<RosterWorld> {
  const world = new World(options);
  await world.start();
  return world;
}

/** A request on its way: breaks when the connection does. */
interface Flight {
  readonly break: () => void;
}

class World implements RosterWorld {
  readonly clock = new TestClock();
  readonly truth = createTruth();
  weather = fair;
  readonly #dice: SeededRandom;
  readonly #scheduling: Scheduling;
  readonly #pageLimit: number | undefined;
  readonly #isBare: boolean;
  readonly #policy: Partial<Policy>;
  readonly #flights = new Set<Flight>();
  readonly #wired = new Set<Wired>();
  readonly #streams: MemoryStreams[] = [];
  readonly #directories: string[] = [];
  #directory: string | undefined;
  #node: Composition | undefined;
  #complaints: string[] = [];

  constructor({ seed, pageLimit, announceMax, isBare = false }: RosterWorldOptions) {
    this.#isBare = isBare;
    this.#policy = { presenceTimeoutSeconds: 30, ...(announceMax !== undefined && { announceMax }) };
    this.#dice = createSeededRandom(seed ^ 0x5eed);
    this.#pageLimit = pageLimit;
    this.#scheduling = {
      now: () => this.clock.now(),
      after: (ms, run) => this.clock.at(this.clock.now() + ms, run),
      random: () => this.#dice.uint32() / 2 ** 32,
    };
  }

  get isUp(): boolean {
    return this.#node !== undefined;
  }

  async start(): Promise<void> {
    if (this.#directory === undefined) {
      this.#directory = await mkdtemp(join(tmpdir(), "hereabouts-roster-"));
      this.#directories.push(this.#directory);
    }
    this.#node = await openComposition({
      world: { policy: this.#policy, pollHoldSeconds: 60 },
      clock: this.clock,
      data: this.#directory,
      between: (engine) => this.truth.record(engine),
    });
    for (const streams of this.#streams) streams.attach(this.#node.streams);
  }

  async stop(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await this.#end(node);
  }

  async kill(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    this.truth.lose();
    for (const flight of [...this.#flights]) flight.break();
    for (const streams of this.#streams) streams.breakAll();
    // What it stores on its way out is never read.
    this.#directory = undefined;
    await this.#end(node);
  }

  async #end(node: Composition | undefined): Promise<void> {
    await node?.stop();
    this.#complaints.push(...(node?.complaints ?? []));
  }

  connect(userId: string, deviceId: string): Wired {
    const ends = new Map<string, number>();
    const key = (channel: string, user: string): string => JSON.stringify([channel, user]);
    const sent: string[] = [];
    const tell = (body: string): void => {
      for (const { channel, user, moment } of endsIn(body, this.truth)) {
        // Roster and checks hear of it in the same turn; nobody looks before the next.
        setImmediate(() => ends.set(key(channel, user), moment));
      }
    };
    const streams = createMemoryStreams({
      door: () => this.#node?.streams,
      after: (ms, run) => this.#later(ms, run),
      fate: () => this.#streamFate(),
      isCut: () => wired.isCut,
    });
    if (this.#node) streams.attach(this.#node.streams);
    this.#streams.push(streams);
    /** What the client takes from its stream it has been told, as by the answer to a poll. */
    const told: Streams = (...parts) => {
      const ask = createStreams(streams.open)(...parts);
      const telling: typeof ask = async (question, manner, closing) => {
        const answer = await ask(question, manner, closing);
        if (answer.text === "" && !manner?.signal?.aborted) tell(JSON.stringify(answer.json));
        return answer;
      };
      return Object.assign(telling, ask);
    };
    const wired: Wired = {
      isCut: false,
      sent,
      toldEnd: (channel, user) => ends.get(key(channel, user)),
      client: createWhole({
        origin: "http://roster.test",
        subscribeKey: testKeys.subscribe,
        publishKey: testKeys.publish,
        userId,
        deviceId,
        presenceTimeoutSeconds: 20,
        scheduling: this.#scheduling,
        // A server without revisions is none of ours, and has no streams.
        ...(carriage() === "stream" && !this.#isBare && { streams: told }),
        transport: async (request) => {
          sent.push(request.target);
          const reply = await this.#carry(request, wired);
          tell(reply.body);
          return this.#isBare ? { ...reply, body: withoutRevisions(reply.body) } : reply;
        },
      }),
    };
    this.#wired.add(wired);
    return wired;
  }

  async ask(target: string): Promise<unknown> {
    const node = this.#node;
    if (node === undefined) return undefined;
    const signal: CancelSignal = { onCancel: () => {} };
    const request: WireRequest = { method: "GET", target, header: () => undefined, body: undefined, signal };
    const { body } = await node.handler(request);
    return JSON.parse(body);
  }

  #carry(request: Request, wired: Wired): Promise<Reply> {
    const { weather } = this;
    const meets = (percent: number): boolean => this.#dice.below(100) < percent;
    const slowMs = (): number => (meets(weather.slow) ? this.#dice.below(3_000) : 0);
    const isLost = meets(weather.lost);
    const isSilent = isLost && meets(50);
    const isReplyLost = isLost && meets(50);
    const isDoubled = meets(weather.doubled);
    const delayMs = slowMs();
    const doubleDelayMs = slowMs();
    const replyDelayMs = meets(weather.verySlow) ? this.#dice.below(30_000) : slowMs();
    return new Promise((resolve, reject) => {
      const flight: Flight = { break: () => fail(new TypeError("The connection broke.")) };
      const settle = (run: () => void): void => {
        this.#flights.delete(flight);
        run();
      };
      const fail = (error: unknown): void => settle(() => reject(error));
      const lose = (): void => {
        if (!isSilent) flight.break();
      };
      this.#flights.add(flight);
      request.signal.addEventListener("abort", () => fail(request.signal.reason));
      const serve = async (deliver: (reply: Reply) => void): Promise<void> => {
        const node = this.#node;
        if (node === undefined || wired.isCut) return lose();
        const { status, body } = await node.handler(this.#wireRequest(request));
        deliver({ status, body });
      };
      this.#later(delayMs, () => {
        if (isLost && !isReplyLost) return lose();
        void serve((reply) => {
          if (isReplyLost || wired.isCut) return lose();
          // The server may be gone before the answer has arrived: then it does not.
          const hasFlight = (): boolean => this.#flights.has(flight);
          this.#later(replyDelayMs, () => hasFlight() && settle(() => resolve(reply)));
        });
      });
      if (isDoubled) this.#later(delayMs + doubleDelayMs, () => void serve(() => {}));
    });
  }

  #streamFate(): StreamFate {
    const { weather } = this;
    const meets = (percent: number): boolean => this.#dice.below(100) < percent;
    const slowMs = (): number => (meets(weather.slow) ? this.#dice.below(3_000) : 0);
    const isLost = meets(weather.lost);
    const how = meets(50) ? "silent" : "told";
    const frame = this.#dice.below(20);
    return {
      delayMs: slowMs(),
      frameDelayMs: slowMs(),
      ...(isLost && (meets(50) ? { refused: how } : { breaksAt: { frame, how } })),
    };
  }

  #later(ms: number, run: () => void): void {
    if (ms === 0) run();
    else this.clock.at(this.clock.now() + ms, run);
  }

  #wireRequest({ method, target, body, signal }: Request): WireRequest {
    const limit = this.#pageLimit;
    return {
      method,
      // A server may give fewer than it was asked for.
      target: limit === undefined ? target : target.replace("limit=1000", `limit=${limit}`),
      body,
      header: () => undefined,
      signal: {
        onCancel: (waiter) => {
          if (signal.aborted) waiter.release();
          signal.addEventListener("abort", () => waiter.release(), { once: true });
        },
      },
    };
  }

  async close(): Promise<void> {
    const closed = Promise.all([...this.#wired].map(({ client }) => client.close()));
    await this.clock.advance(30_000);
    await closed;
    const held = this.#node?.heldPolls() ?? 0;
    await this.stop();
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true });
    if (held > 0) throw new Error(`${held} polls are held for clients that have closed.`);
    if (this.#complaints.length > 0) throw new Error(`The server complained: ${this.#complaints.join("\n")}`);
  }
}

/** A client, with the streams that it is given. */
function createWhole(options: CoreOptions): Client {
  const core = createCore(options);
  return Object.assign(core, createCalls(core), createRosters(core));
}

interface End {
  readonly channel: string;
  readonly user: string;
  readonly moment: number;
}

/** The ends that a poll's answer tells of. */
function endsIn(body: string, truth: Truth): readonly End[] {
  const { m: items = [] } = JSON.parse(body) as { readonly m?: readonly Item[] };
  return items.flatMap(({ c, d: { action, uuid, epoch, revision } }) => {
    if (action !== "leave" && action !== "timeout") return [];
    const channel = c.replace(/-pnpres$/, "");
    const moment = truth.channel(channel).momentOf(epoch, revision);
    if (moment === undefined) throw new Error(`An event that never was: ${channel} ${epoch} ${revision}`);
    return [{ channel, user: uuid, moment }];
  });
}

/** What only our server tells, in here now (of one channel) and in presence events. */
function withoutRevisions(body: string): string {
  const told = new Set(["epoch", "revision", "next", "since", "devices"]);
  return JSON.stringify(
    JSON.parse(body, function (this: unknown, key: string, value: unknown) {
      const isJoin = typeof this === "object" && this !== null && "action" in this && this.action === "join";
      return told.has(key) || (isJoin && key === "state") ? undefined : value;
    }),
  );
}

interface Item {
  readonly c: string;
  readonly d: {
    readonly action: string;
    readonly uuid: string;
    readonly epoch: string;
    readonly revision: number;
  };
}
