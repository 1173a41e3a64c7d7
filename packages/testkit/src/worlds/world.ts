/** What a test can do to a running service, whatever lies between: nothing, or a real HTTP server on Bun or Node. */
import type { Instant, Policy } from "@hereabouts/core";
import type { TestStream } from "./test-stream.ts";

/**
 * Where the service runs: in this process without sockets, on the embedded engine or on a real Redis, or as a process of
 * its own: on Bun or on Node with the embedded engine, or on Bun with a real Redis.
 */
export type WorldKind = "memory" | "bun" | "node" | "redis" | "redis-bun";

/** Every kind of world that needs nothing but this repository, for `describe.each`. */
export const worldKinds: readonly WorldKind[] = ["memory", "bun", "node"];

/** Those that stand on a real Redis: on Node without sockets, in this process, and on Bun behind sockets. */
export const redisWorldKinds: readonly WorldKind[] = ["redis", "redis-bun"];

/** The worlds with real sockets. */
export const socketWorldKinds: readonly ("bun" | "node")[] = ["bun", "node"];

/** How to open a world. */
export interface WorldOptions {
  /** What the first keyset has otherwise than by default. */
  readonly policy?: Partial<Policy>;
  /** Seconds an idle poll is held. Default 280. */
  readonly pollHoldSeconds?: number;
  /** Milliseconds an encoded here now answer is kept for the next caller while nothing changes. Default 3000. */
  readonly hereNowCacheMs?: number;
  /** What carries a poll with a cursor. Default `poll`. */
  readonly transport?: "poll" | "stream";
  /** Whether data is kept on disk, so that `restart` finds it. Default false. */
  readonly persistent?: boolean;
}

/** How to send a request. */
export interface SendOptions {
  readonly method?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** A connection of its own instead of a kept one. Default `shared`. */
  readonly connection?: "shared" | "own";
}

/** An answer as it came. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text as JSON; `undefined` when it is none. */
  readonly json: unknown;
}

/** A request that may stay unanswered for long. */
export interface HeldPoll {
  /** Rejects when the poll is dropped. */
  readonly reply: Promise<Reply>;
  /** Whether the answer (or an error) is there. */
  isSettled(): boolean;
  /** Closes the connection without waiting for an answer. */
  drop(): void;
}

/** A running service with two keysets (`testKeys`, `otherKeys`) whose time is the test's. */
export interface World {
  readonly kind: WorldKind;
  /** The TCP port on 127.0.0.1; `undefined` where there are no sockets. */
  readonly port: number | undefined;
  /** Sends a request with exactly this target and waits for its answer. */
  get(target: string, options?: SendOptions): Promise<Reply>;
  post(target: string, body: string | Uint8Array, options?: SendOptions): Promise<Reply>;
  /** Sends a request and returns when it is held or answered. */
  poll(target: string, options?: SendOptions): Promise<HeldPoll>;
  /** Lets time pass at the server and everything come to rest, answers on their way included. */
  advance(ms: number): Promise<void>;
  /** The server's time. */
  now(): Instant;
  /** Opens a stream with exactly this target, or gives the answer by which it is refused. */
  stream(target: string): Promise<TestStream | Reply>;
  /** How many polls and streams the server holds. */
  waiters(): Promise<number>;
  /** Puts another policy in force for the first keyset while the service runs: this, and otherwise the default. */
  setPolicy(policy: Partial<Policy>): Promise<void>;
  /** Stops the service as a shutdown does. Only `close` and `restart` make sense afterwards. */
  stop(): Promise<void>;
  /**
   * Stops the service and starts it anew, where there are sockets in a process of its own, on the same data and port;
   * the clock goes on, `skipMs` later (or earlier).
   */
  restart(skipMs?: number): Promise<void>;
  /** Drops what is open, checks that no poll is left behind and that nothing was logged as an error, and stops. Idempotent. */
  close(): Promise<void>;
}

/** The keys of a keyset. */
export interface Keys {
  readonly subscribe: string;
  readonly publish: string;
}

/** The keys of every world's keyset, which has the policy that the world was opened with. */
export const testKeys: Keys = { subscribe: "sub-test", publish: "pub-test" };

/** The keys of every world's second keyset, which has the default policy: for what one tenant may not see of another. */
export const otherKeys: Keys = { subscribe: "sub-other", publish: "pub-other" };

/** A text as JSON, `undefined` when it is none. */
export function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
