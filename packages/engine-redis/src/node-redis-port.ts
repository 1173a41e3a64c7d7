/**
 * The port on node-redis, for every way Redis is run. Which server a command or a subscription belongs to is decided
 * here, by one table of slots for both; node-redis speaks to the single servers.
 */
import { EngineError, type Scheduler } from "@hereabouts/core";
import type { Master, RedisPort, Reply, Script } from "./port.ts";
import { Connection, type TlsOptions } from "./redis/connection.ts";
import { Deadlines } from "./redis/deadlines.ts";
import { asEngineError, errorCode, redirection } from "./redis/errors.ts";
import { Links } from "./redis/links.ts";
import { describeMaster, introduce } from "./redis/server-facts.ts";
import { createSource } from "./redis/sources.ts";
import { Subscriptions } from "./redis/subscriptions.ts";
import { Topology } from "./redis/topology.ts";
import { parseRedisUrl, type RedisTarget } from "./redis/url.ts";
import { slotOf } from "./slots.ts";
import { createTimers } from "./timers.ts";

/** How a port is opened. */
export interface NodeRedisPortOptions {
  /** Milliseconds within which a command is answered, or fails. Default 2000. */
  readonly commandMs?: number;
  /** Commands that may be under way; one more fails. Default 20000. */
  readonly commandsMax?: number;
  /** What TLS is done with where the address asks for it. Default: what the platform trusts. */
  readonly tls?: TlsOptions;
  /** Timers. Default: the platform's. */
  readonly scheduler?: Scheduler;
}

/** How often a command follows where it is sent, or waits for keys on the move, before it fails. */
const attemptsMax = 8;
/** How long a command waits for keys that are on the move. */
const moveMs = 20;
/** Connections that are silent for so many command deadlines are lost. */
const silentDeadlines = 2;

/**
 * Opens a port. Rejects with `RedisUrlError` where the address means nothing, and with `EngineError` where Redis cannot
 * be reached, or is older than 7.0.
 */
export async function openNodeRedisPort(url: string, options: NodeRedisPortOptions = {}): Promise<RedisPort> {
  const port = new NodeRedisPort(parseRedisUrl(url), options);
  try {
    await port.open();
  } catch (error) {
    await port.close();
    throw asEngineError(error, "Redis cannot be used");
  }
  return port;
}

class NodeRedisPort implements RedisPort {
  readonly takesAnyTags: boolean;
  readonly #scheduler: Scheduler;
  readonly #deadlines: Deadlines;
  readonly #commandsMax: number;
  readonly #links: Links;
  readonly #news: Links;
  readonly #sentinels: Links;
  readonly #topology: Topology;
  readonly #subscriptions: Subscriptions;
  readonly #gapListeners = new Set<() => void>();
  readonly #isCluster: boolean;
  #underWay = 0;
  #isClosed = false;

  constructor(target: RedisTarget, options: NodeRedisPortOptions) {
    const { commandMs = 2_000, commandsMax = 20_000, tls = {}, scheduler = createTimers() } = options;
    const limits = { tls, connectWithinMs: commandMs, silenceMs: silentDeadlines * commandMs, commandsMax };
    const open = async (address: string): Promise<Connection> => {
      const connection = await Connection.open(address, { ...target, ...limits });
      return introduce(connection, target.kind);
    };
    const openSentinel = (address: string): Promise<Connection> =>
      Connection.open(address, {
        ...target,
        ...limits,
        username: undefined,
        password: undefined,
        database: 0,
      });
    this.#scheduler = scheduler;
    this.#deadlines = new Deadlines(scheduler, commandMs);
    this.#commandsMax = commandsMax;
    this.#isCluster = target.kind === "cluster";
    this.takesAnyTags = !this.#isCluster;
    const within = <Value>(work: Promise<Value>, what: string): Promise<Value> =>
      this.#deadlines.within(work, what);
    this.#links = new Links({ scheduler, open, onLost: () => this.#topology.refreshSoon() });
    this.#news = new Links({ scheduler, open, onLost: (address) => this.#newsLost(address) });
    this.#sentinels = new Links({ scheduler, open: openSentinel, onLost: () => undefined });
    const source = createSource({ target, links: this.#links, sentinels: this.#sentinels, within });
    this.#topology = new Topology({ scheduler, source, onRefreshed: () => this.#refreshed() });
    this.#subscriptions = new Subscriptions({
      scheduler,
      topology: this.#topology,
      links: this.#news,
      within,
      onGap: () => this.#tellOfGap(),
    });
  }

  /** Finds the masters and connects to them. */
  async open(): Promise<void> {
    await this.#topology.refresh();
    const connecting = this.#topology.owners.map(({ address }) => this.#links.get(address));
    await this.#deadlines.within(Promise.all(connecting), "A connection to Redis");
  }

  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const [first = ""] = keys;
    const command = ["EVALSHA", script.sha, `${keys.length}`, ...keys, ...args];
    return this.#call({ key: first, what: `The script ${script.name}`, command, source: script.source });
  }

  send(command: readonly [name: string, key: string, ...rest: string[]]): Promise<Reply> {
    return this.#call({ key: command[1], what: `The command ${command[0]}`, command, source: undefined });
  }

  #call({
    key,
    ...order
  }: Pick<Call, "what" | "command" | "source"> & { readonly key: string }): Promise<Reply> {
    const call: Call = {
      ...order,
      slot: slotOf(key),
      sentTo: undefined,
      isAnswered: false,
      isGivenUp: false,
    };
    const giveUp = (): void => {
      call.isGivenUp = true;
      // Answers come in order: a server that owes one would do everything that is still sent to it, but much later.
      if (call.sentTo !== undefined && !call.isAnswered) this.#links.drop(call.sentTo);
    };
    return this.#bounded(call.what, () => this.#answer(call), giveUp);
  }

  async subscribe(channel: string, onMessage: (message: string) => void): Promise<() => void> {
    this.#passGate();
    try {
      return await this.#subscriptions.subscribe(channel, onMessage);
    } catch (error) {
      throw asEngineError(error, `The subscription to ${channel}`);
    }
  }

  onGap(listener: () => void): () => void {
    const own = (): void => listener();
    this.#gapListeners.add(own);
    return () => this.#gapListeners.delete(own);
  }

  masters(): Promise<readonly Master[]> {
    return this.#bounded("The list of masters", async () => {
      const { owners } = this.#topology;
      const results = await Promise.allSettled(
        owners.map(async ({ address, slots }) =>
          describeMaster(await this.#links.get(address), { address, slots }),
        ),
      );
      const masters = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      if (masters.length > 0) return masters;
      const failed = results.find((result) => result.status === "rejected");
      throw failed?.reason ?? new Error("no master is known");
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscriptions.close();
    this.#topology.close();
    for (const links of [this.#links, this.#news, this.#sentinels]) links.close();
    this.#gapListeners.clear();
    this.#deadlines.stop();
  }

  /** Keeps work from taking too long, from being too much, and from throwing what engines do not throw. */
  async #bounded<Value>(
    what: string,
    work: () => Promise<Value>,
    giveUp: () => void = () => undefined,
  ): Promise<Value> {
    this.#passGate();
    if (this.#underWay >= this.#commandsMax) {
      const message = `${what}: ${this.#underWay} commands are under way already.`;
      throw new EngineError("unavailable", message, { cause: undefined });
    }
    this.#underWay += 1;
    const result = work();
    const done = (): void => {
      this.#underWay -= 1;
    };
    result.then(done, done);
    try {
      return await this.#deadlines.within(result, what);
    } catch (error) {
      giveUp();
      throw asEngineError(error, what);
    }
  }

  /** Sends a call to where its slot is, and on to where it is sent from there. */
  async #answer(call: Call): Promise<Reply> {
    let address = this.#topology.ownerOf(call.slot);
    let isAsking = false;
    for (let attempt = 1; ; attempt++) {
      if (address === undefined) {
        this.#topology.refreshSoon();
        throw new Error(`no master is known for the slot ${call.slot}`);
      }
      const connection = this.#links.ready(address) ?? (await this.#links.get(address));
      // Its time is in it: sent late, a sweep of the past would hide from the next that nobody could sweep meanwhile.
      if (call.isGivenUp) throw new Error("nobody waits for it any more");
      call.sentTo = address;
      call.isAnswered = false;
      try {
        return await evaluate(connection, call, isAsking ? "ask first" : "at once");
      } catch (error) {
        call.isAnswered = true;
        if (attempt >= attemptsMax) throw error;
        const next = await this.#nextAfter(error, address);
        address = next.address;
        isAsking = next.isAsking;
      }
    }
  }

  /** Where to try next after an error; throws the error when there is nothing to try. */
  async #nextAfter(error: unknown, address: string): Promise<{ address: string; isAsking: boolean }> {
    const elsewhere = this.#isCluster ? redirection(error) : undefined;
    switch (errorCode(error)) {
      case "MOVED":
        if (elsewhere === undefined) throw error;
        this.#topology.note(elsewhere.slot, elsewhere.address);
        this.#topology.refreshSoon();
        return { address: elsewhere.address, isAsking: false };
      case "ASK":
        if (elsewhere === undefined) throw error;
        return { address: elsewhere.address, isAsking: true };
      case "TRYAGAIN":
        await new Promise<void>((resolve) => {
          this.#scheduler.at(this.#scheduler.now() + moveMs, resolve);
        });
        return { address, isAsking: false };
      case "READONLY":
        // It was a master when it was found. Who is one now is asked when it is connected to again.
        this.#links.drop(address);
        throw error;
      default:
        throw error;
    }
  }

  /** After each look at the topology: keeps connections to masters, and to no one else. */
  #refreshed(): void {
    if (this.#isClosed) return;
    const addresses = new Set(this.#topology.owners.map(({ address }) => address));
    if (addresses.size === 0) return;
    this.#links.retain(addresses);
    this.#news.retain(addresses);
    for (const address of addresses) this.#links.get(address).catch(() => undefined);
    this.#subscriptions.mend();
  }

  #newsLost(address: string): void {
    this.#topology.refreshSoon();
    this.#subscriptions.lost(address);
  }

  #tellOfGap(): void {
    for (const listener of [...this.#gapListeners]) listener();
  }

  #passGate(): void {
    if (!this.#isClosed) return;
    throw new EngineError("unavailable", "The connections to Redis are closed.", { cause: undefined });
  }
}

/** A script to run, or a command. */
interface Call {
  readonly slot: number;
  readonly what: string;
  readonly command: readonly string[];
  /** The script's; `undefined` for a command that calls none. */
  readonly source: string | undefined;
  /** Whether its time was up before it was answered. What was not sent by then is not sent. */
  isGivenUp: boolean;
  /** The server it was sent to last; `undefined` before it is sent. */
  sentTo: string | undefined;
  /** Whether that server has answered, if only with an error. */
  isAnswered: boolean;
}

/** Sends a call; a script goes by its hash, and where the server does not know it, by its source, after which it does. */
async function evaluate(connection: Connection, call: Call, when: "at once" | "ask first"): Promise<Reply> {
  const send = (args: readonly string[]): Promise<unknown> => {
    // An error would come with the command's own.
    if (when === "ask first") connection.send(["ASKING"]).catch(() => undefined);
    return connection.send(args);
  };
  try {
    return asReply(await send(call.command));
  } catch (error) {
    if (call.source === undefined || errorCode(error) !== "NOSCRIPT") throw error;
    const [, , ...rest] = call.command;
    return asReply(await send(["EVAL", call.source, ...rest]));
  }
}

/** What scripts and commands answer is of the port's shape by itself. */
function asReply(value: unknown): Reply {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (Array.isArray(value)) return value as readonly Reply[];
  throw new EngineError("corrupt", `Redis answered with a ${typeof value}.`, { cause: value });
}
