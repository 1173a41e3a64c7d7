/** The engine for one process: opens its parts on one database, hands them out as ports, and puts them away. */
import {
  type Engine,
  EngineError,
  type EventLog,
  type GroupStore,
  type Instant,
  type KeysetStore,
  type PresenceStore,
  type TickBook,
} from "@hereabouts/core";
import { parseTimetoken, type SubscribeKey, type Timetoken } from "@hereabouts/protocol";
import { EmbeddedEventLog } from "./event-log.ts";
import { type Facts, openFacts } from "./facts.ts";
import { Gate } from "./gate.ts";
import { EmbeddedGroupStore } from "./groups.ts";
import { EmbeddedKeysetStore } from "./keysets.ts";
import { EmbeddedPresenceStore } from "./presence.ts";
import { prepareSchema } from "./schema.ts";
import { type LiveParts, restoreSnapshot, storeSnapshot } from "./snapshot.ts";
import { openSqlite, type Sqlite } from "./sqlite.ts";
import { EmbeddedTickBook } from "./ticks.ts";
import { TimetokenSource } from "./timetoken-source.ts";

/** How an engine is opened. */
export interface EmbeddedEngineOptions {
  /** The data directory, made when missing, or `:memory:` for nothing that outlasts the process. */
  readonly path: string;
  /** The wall clock. */
  readonly now: Instant;
  /** A name for this life that no other had: throw dice for it. */
  readonly epoch: string;
  /** Told, in a sentence, of what went wrong and did not stop the engine. Default: nobody is. */
  readonly warn?: (message: string) => void;
}

/** What everything else stands on. */
interface Ground {
  readonly sqlite: Sqlite;
  readonly facts: Facts;
  readonly timetokens: TimetokenSource;
  readonly live: LiveParts;
}

const timetokenFact = "timetoken";

/**
 * Opens the engine: takes the data directory for this process alone, and takes up what the last close stored. Throws
 * `EngineError` when the directory is in use, cannot be written to, or holds something unreadable.
 */
export async function openEmbeddedEngine(options: EmbeddedEngineOptions): Promise<Engine> {
  const sqlite = await openSqlite(options.path);
  try {
    prepareSchema(sqlite);
    return new EmbeddedEngine(sqlite, options);
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

function openGround(sqlite: Sqlite, { now, epoch, warn = () => undefined }: EmbeddedEngineOptions): Ground {
  const facts = openFacts(sqlite);
  const above = readTimetoken(facts);
  const timetokens = new TimetokenSource({ above, reserve: createReserve(facts, warn) });
  const createParts = (): LiveParts => ({ ledgers: new Map(), log: new EmbeddedEventLog({ timetokens }) });
  return { sqlite, facts, timetokens, live: restoreSnapshot(sqlite, { now, epoch, createParts, warn }) };
}

function readTimetoken(facts: Facts): Timetoken {
  const text = facts.get(timetokenFact) ?? "0";
  const timetoken = parseTimetoken(text);
  if (timetoken !== undefined) return timetoken;
  throw new EngineError("corrupt", `The last timetoken is stored as ${JSON.stringify(text)}.`, {
    cause: text,
  });
}

/** Presence goes on when the disk does not: what is lost is the promise about kills, and the operator is told. */
function createReserve(facts: Facts, warn: (message: string) => void): (ceiling: Timetoken) => void {
  let isFailing = false;
  return (ceiling) => {
    try {
      facts.set(timetokenFact, ceiling.toString());
      isFailing = false;
    } catch (error) {
      if (!isFailing) {
        warn(
          `Timetokens are given out without a record on disk: ${error instanceof Error ? error.message : error}`,
        );
      }
      isFailing = true;
    }
  };
}

class EmbeddedEngine implements Engine {
  readonly presence: PresenceStore;
  readonly ticks: TickBook;
  readonly log: EventLog;
  readonly groups: GroupStore;
  readonly keysets: KeysetStore;
  readonly #ground: Ground;
  readonly #gate = new Gate();
  readonly #flushGroups: () => void;
  readonly #closeTicks: (now: Instant) => void;

  constructor(sqlite: Sqlite, options: EmbeddedEngineOptions) {
    const gate = this.#gate;
    const groups = new EmbeddedGroupStore({ sqlite, gate });
    const onReplaced = (inForce: ReadonlySet<SubscribeKey>): void => presence.forgetOthers(inForce);
    const keysets = new EmbeddedKeysetStore({ sqlite, gate, onReplaced });
    // Last of all that is read, for it is deleted with that: nothing after it may fail.
    const ground = openGround(sqlite, options);
    const { timetokens, live } = ground;
    const keepHouse = (keyset: SubscribeKey, now: Instant): void => {
      timetokens.renew();
      live.log.expire(keyset, now);
    };
    const ticks = new EmbeddedTickBook({ ...live, gate });
    const presence = new EmbeddedPresenceStore({ ...live, ticks, epoch: options.epoch, gate, keepHouse });
    this.#ground = ground;
    this.#flushGroups = () => groups.flush();
    this.#closeTicks = (now) => ticks.close(now);
    this.presence = presence;
    this.ticks = ticks;
    this.log = createLogPort(live.log, gate);
    this.groups = groups;
    this.keysets = keysets;
  }

  async close(now: Instant): Promise<void> {
    if (!this.#gate.isOpen) return;
    this.#gate.shut();
    const { sqlite, facts, timetokens, live } = this.#ground;
    try {
      this.#flushGroups();
      if (!sqlite.isDurable) return;
      this.#closeTicks(now);
      sqlite.transaction(() => {
        storeSnapshot(sqlite, live, now);
        facts.set(timetokenFact, timetokens.last.toString());
      });
    } finally {
      sqlite.close();
    }
  }
}

function createLogPort(log: EmbeddedEventLog, gate: Gate): EventLog {
  return {
    async append(keyset, publications, now) {
      gate.pass();
      return log.append(keyset, publications, now);
    },
    read(keyset, topics, after, limit, now) {
      gate.pass();
      return log.read(keyset, { topics, after, limit }, now);
    },
    async position(_keyset, _topics, now) {
      gate.pass();
      return log.position(now);
    },
    watch(keyset, topics, wake) {
      gate.pass();
      return log.watch(keyset, topics, wake);
    },
  };
}
