/** Everything that can be set about a node, checked and complete. `config/` makes it; `main` hands it out. */
import type { Keyset } from "@hereabouts/core";

/** How much a node says about itself. */
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug";

/** A node's settings. Defaults: {@link defaultSettings}. */
export interface Settings {
  /** The interface to listen on. Default `127.0.0.1`. */
  readonly host: string;
  /** The TCP port to listen on, 0-65535; 0 takes a free one. Default 7400. */
  readonly port: number;
  /** `embedded`, or the address of a Redis or Valkey that many nodes share, password included. Default `embedded`. */
  readonly engine: string;
  /** Partitions of a keyset in a cluster engine, 1-256. Absent: as many as are stored there, and 24 where none are yet. */
  readonly partitions: number | undefined;
  /** What the names of everything stored in a cluster engine begin with. Default `hereabouts`. */
  readonly prefix: string;
  /**
   * Directory for what must outlast the process, or `:memory:` for nothing. Default `./.hereabouts`. With a shared
   * engine nothing is stored there.
   */
  readonly data: string;
  /** The tenants. Absent: those stored in the data directory, or `demo`/`demo` when there are none. */
  readonly keysets: readonly Keyset[] | undefined;
  /** Seconds a poll is held when nothing happens. 1-300, default 280: below clients' own 310. */
  readonly pollHoldSeconds: number;
  /** Milliseconds for which an encoded here now answer is kept for the next caller while the channel stays unchanged. 0-60000, default 3000. */
  readonly hereNowCacheMs: number;
  /** Seconds over which a stop spreads the answers to held polls. 0-60, default 0, with a cluster engine 3. */
  readonly drainSeconds: number;
  /** Seconds after which the seats of a stream end when its node has died. 3-60, default 10; a third of it between renewals. */
  readonly streamTimeoutSeconds: number;
  /** Default `info`. */
  readonly logLevel: LogLevel;
}

/** What is in force when nothing is set. */
export const defaultSettings: Settings = {
  host: "127.0.0.1",
  port: 7400,
  engine: "embedded",
  partitions: undefined,
  prefix: "hereabouts",
  data: "./.hereabouts",
  keysets: undefined,
  pollHoldSeconds: 280,
  hereNowCacheMs: 3_000,
  drainSeconds: 0,
  streamTimeoutSeconds: 10,
  logLevel: "info",
};

/** `drainSeconds` when it is not set and other nodes are there to go on. */
export const drainSecondsOfCluster = 3;
