/** The engine of many nodes: puts its parts on one port, hands them out, and puts them away. */
import {
  type Cancel,
  type Engine,
  EngineError,
  type EventLog,
  type GroupStore,
  type Instant,
  type KeysetStore,
  type PresenceStore,
  type Scheduler,
  type TickBook,
} from "@hereabouts/core";
import { Background, type EngineContext, Gate } from "./context.ts";
import { EngineTime } from "./engine-time.ts";
import { Keyspace, partitionsDefault, partitionsMax } from "./keys.ts";
import { LifeWatch } from "./life.ts";
import { RedisEventLog } from "./log/event-log.ts";
import type { RedisPort } from "./port.ts";
import { RedisPresenceStore } from "./presence.ts";
import { loadScript } from "./scripts.ts";
import { RedisGroupStore } from "./stores/groups.ts";
import { RedisKeysetStore, readStoredEngine, type StoredEngine } from "./stores/keysets.ts";
import { createTimers } from "./timers.ts";

/** How an engine is opened. */
export interface RedisEngineOptions {
  /** Where Redis is. Whoever opened it closes it, after the engine. */
  readonly port: RedisPort;
  /** What all keys begin with: engines with the same one share everything. 1-100 characters. */
  readonly prefix: string;
  /** The clock's time. */
  readonly now: Instant;
  /** A name for this life of this node that no other had: throw dice for it. Letters, digits, `-` and `_`. */
  readonly epoch: string;
  /** Timers for what goes on by itself. Default: the platform's. */
  readonly scheduler?: Scheduler;
  /**
   * Partitions of each keyset, 1-256. Settled by the first engine that opens; another number is refused later. Default
   * 24, or what was settled.
   */
  readonly partitions?: number;
  /** Seats are given the time for which nobody could sweep, when that was longer than this. Default: they are not. */
  readonly outageMs?: number;
  /** Told, in a sentence, of what went wrong and did not stop the engine. Default: nobody is. */
  readonly warn?: (message: string) => void;
}

/** How often the engine's time is stored, for nodes and lives to come. */
const storeTimeEveryMs = 2_000;
const prefixCharactersMax = 100;
/** For so long a node's time may stand still at its start. */
const catchUpMsMax = 5_000;

const latestScript = loadScript("engine-latest");

/**
 * Opens the engine: settles or reads what all nodes agree on. Rejects with `EngineError` when Redis cannot be reached,
 * holds something unreadable, or was settled otherwise, and with `RangeError` for options out of range.
 */
export async function openRedisEngine(options: RedisEngineOptions): Promise<Engine> {
  const { port, prefix, partitions } = options;
  checkRanges(options);
  const wanted = partitions ?? partitionsDefault;
  const stored = await readStoredEngine({ port, keys: new Keyspace({ prefix, partitions: wanted }) }, wanted);
  if (partitions !== undefined && stored.partitions !== partitions) {
    const message = `Keysets have ${stored.partitions} partitions here; an engine cannot be opened with ${partitions}.`;
    throw new EngineError("unavailable", message, { cause: undefined });
  }
  const engine = new RedisEngine(createContext(options, stored), stored);
  try {
    await engine.open();
  } catch (error) {
    await engine.close(options.now);
    throw error;
  }
  return engine;
}

function createContext(options: RedisEngineOptions, stored: StoredEngine): EngineContext {
  const { port, prefix, now, epoch, scheduler = createTimers(), outageMs, warn = () => undefined } = options;
  return {
    port,
    keys: new Keyspace({ prefix, partitions: stored.partitions }),
    time: openTime(now, stored),
    scheduler,
    gate: new Gate(),
    background: new Background(warn),
    epoch,
    outageMs,
    warn,
  };
}

/**
 * Continues the engine's time. A node that comes to others which are a moment ahead waits for its clock to catch up:
 * were their lead made everybody's, every restart would add a little to it.
 */
function openTime(now: Instant, { latest, offsetMs, others }: StoredEngine): EngineTime {
  const lag = (latest ?? 0) - (Math.floor(now) + offsetMs);
  if (lag <= 0 || others === 0 || lag > catchUpMsMax) return new EngineTime(now, latest, offsetMs);
  const time = new EngineTime(now, undefined, offsetMs);
  time.enter(now + lag);
  return time;
}

function checkRanges({ prefix, epoch, partitions = partitionsDefault }: RedisEngineOptions): void {
  if (prefix.length < 1 || prefix.length > prefixCharactersMax) {
    throw new RangeError(`A prefix has 1 to ${prefixCharactersMax} characters, not ${prefix.length}.`);
  }
  if (!/^[\w-]+$/.test(epoch)) {
    throw new RangeError(`An epoch is letters, digits, - and _, not ${JSON.stringify(epoch)}.`);
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > partitionsMax) {
    throw new RangeError(`A keyset has 1 to ${partitionsMax} partitions, not ${partitions}.`);
  }
}

class RedisEngine implements Engine {
  readonly presence: PresenceStore;
  readonly ticks: TickBook;
  readonly log: EventLog;
  readonly groups: GroupStore;
  readonly keysets: KeysetStore;
  readonly #context: EngineContext;
  readonly #listen: () => Promise<void>;
  readonly #life: LifeWatch;
  readonly #letGo: readonly (() => void | Promise<void>)[];
  #storedTime: Instant;
  #cancelTimer: Cancel | undefined;
  #closing: Promise<void> | undefined;

  constructor(context: EngineContext, stored: StoredEngine) {
    const log = new RedisEventLog(context);
    const groups = new RedisGroupStore(context);
    const keysets = new RedisKeysetStore({
      context,
      stored,
      onForgotten: (keyset) => log.keysetChanged(keyset),
    });
    this.#context = context;
    this.#storedTime = context.time.latest;
    const presence = new RedisPresenceStore(context, {
      places: log.clock,
      onTip: (partition, tip) => log.noteTip(partition, tip),
    });
    this.presence = presence;
    this.ticks = presence.ticks;
    this.log = log;
    this.groups = groups;
    this.keysets = keysets;
    this.#listen = () => keysets.listen();
    this.#life = new LifeWatch({
      context,
      clock: log.clock,
      keysets: () => context.keys.used,
      onNewLife: (partition) => log.resyncPartition(partition),
    });
    this.#letGo = [() => log.close(), () => groups.close(), () => keysets.close()];
  }

  /** Begins what goes on by itself. */
  async open(): Promise<void> {
    await this.#storeTime("open");
    await this.#listen();
    this.#life.start();
    this.#storeTimeLater();
  }

  close(now: Instant): Promise<void> {
    this.#closing ??= this.#close(now);
    return this.#closing;
  }

  async #close(now: Instant): Promise<void> {
    const { gate, time, background } = this.#context;
    time.enter(now);
    gate.shut();
    this.#cancelTimer?.();
    this.#life.stop();
    background.run("The engine's time was not stored", () => this.#storeTime("closing"));
    await Promise.all(this.#letGo.map((letGo) => letGo()));
    await background.settled();
  }

  #storeTimeLater(): void {
    const { scheduler, background, time, gate } = this.#context;
    this.#cancelTimer = scheduler.at(scheduler.now() + storeTimeEveryMs, () => {
      if (time.latest > this.#storedTime) {
        background.run("The engine's time was not stored", () => this.#storeTime("open"));
      }
      if (gate.isOpen) this.#storeTimeLater();
    });
  }

  async #storeTime(as: "open" | "closing"): Promise<void> {
    const { port, keys, time, epoch } = this.#context;
    const latest = time.latest;
    const args = [`${latest}`, `${time.offsetMs}`, epoch, as === "open" ? "1" : "0"];
    await port.run(latestScript, [keys.engine, keys.nodes], args);
    this.#storedTime = latest;
  }
}
