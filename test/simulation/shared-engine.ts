/** What all nodes of a world share. */
import type { Engine, Instant, LogEntry, Scheduler } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import { type Timetoken, zeroTimetoken } from "@hereabouts/protocol";
import type { SeededRandom, TestClock } from "@hereabouts/testkit";
import type { EngineWeather } from "./engine-weather.ts";
import { keyset, topics } from "./names.ts";

/** A node that connects, and what lies between it and the engine. */
export interface Place {
  readonly node: string;
  /** The node's own clock. */
  readonly scheduler: Scheduler;
  readonly weather: EngineWeather;
  readonly deadlineMs: number;
  /** Whether the node can reach the engine at this moment. */
  readonly isReachable: () => boolean;
  /** Runs something on the node: now, later, or never. */
  readonly enter: (run: () => void) => void;
  /** Called after the engine has done something, told or untold. */
  readonly onDone: () => void;
}

/** What a node works on. */
export interface Attachment {
  /** Its `close` lets go of this node's part only. */
  readonly engine: Engine;
  /** Connections that have the weather to themselves; `undefined` where the world has to put it before the engine. */
  readonly line?: Line | undefined;
}

/** A node's connections to the engine. */
export interface Line {
  /** From now on nothing new is told, until `mendNews`. */
  muteNews(): void;
  /** The connection for news breaks, and there is another: whatever was told meanwhile was missed. */
  mendNews(): void;
  /** The node is gone without a word. */
  drop(): void;
}

/** An engine that several nodes work on. */
export interface SharedEngine {
  /** What a node that starts now works on. */
  connect(place: Place): Promise<Attachment>;
  /** The engine as the world itself sees it. */
  readonly truth: Engine;
  /** Entries of the log that were not given before. Changes nothing by looking. */
  news(): Promise<readonly LogEntry[]>;
  /** By how much later than soonest an overdue seat may be found, in milliseconds. */
  readonly sweepLateMs: number;
  /** After so long without an event no entry can appear before those there are, in milliseconds. */
  readonly quietMs: number;
  /** Whether it is known what each verb did and when: else only between which times it may have been done. */
  readonly isExact: boolean;
  /** Whether it does something that the test clock does not see, such as input and output. */
  isBusy(): boolean;
  close(now: Instant): Promise<void>;
}

/** What an engine is opened with. */
export interface SharedEngineOptions {
  readonly clock: TestClock;
  readonly random: SeededRandom;
  readonly warn: (message: string) => void;
}

/** Opens an engine for one world. */
export type OpenSharedEngine = (options: SharedEngineOptions) => Promise<SharedEngine>;

/** The embedded engine, which all nodes of this process share; what stands between it and them is put there by the world. */
export const openSharedEmbedded: OpenSharedEngine = async ({ clock, random, warn }) => {
  const now = clock.now();
  const epoch = random.uint32().toString(36);
  const truth = await openEmbeddedEngine({ path: ":memory:", now, epoch, warn });
  return {
    truth,
    connect: async () => ({ engine: { ...portsOf(truth), close: async () => {} } }),
    news: newsOf(truth),
    sweepLateMs: 0,
    quietMs: 300,
    isExact: true,
    isBusy: () => false,
    close: (closedAt) => truth.close(closedAt),
  };
};

function portsOf({ presence, ticks, log, groups, keysets }: Engine): Omit<Engine, "close"> {
  return { presence, ticks, log, groups, keysets };
}

const pageMax = 1_000;

function newsOf({ log }: Engine): () => Promise<readonly LogEntry[]> {
  let cursor: Timetoken = zeroTimetoken;
  return async () => {
    const news: LogEntry[] = [];
    for (;;) {
      // At instant 0 nobody takes a position in the log, and so changes nothing by looking.
      const { entries } = await log.read(keyset.subscribeKey, topics, cursor, pageMax, 0);
      news.push(...entries);
      cursor = entries.at(-1)?.timetoken ?? cursor;
      if (entries.length < pageMax) return news;
    }
  };
}
