/** Presence stores on a real Redis, as many as a test wants on one prefix, each like a node's. */
import type { Instant } from "@hereabouts/core";
import { onTestFinished } from "vitest";
import { Background, Gate } from "../../src/context.ts";
import { EngineTime } from "../../src/engine-time.ts";
import { Keyspace } from "../../src/keys.ts";
import { LogClock } from "../../src/log/clock.ts";
import { openNodeRedisPort } from "../../src/node-redis-port.ts";
import type { RedisPort } from "../../src/port.ts";
import type { RememberedLeases } from "../../src/presence/remembered.ts";
import { RedisPresenceStore } from "../../src/presence.ts";
import { createTimers } from "../../src/timers.ts";

/** What differs between stores. */
export interface StoreOptions {
  /** One that others use too is fine. */
  readonly port: RedisPort;
  readonly prefix: string;
  readonly now: Instant;
  readonly partitions?: number;
  readonly outageMs?: number;
  /** What the node remembers of leases. Default: nothing yet. */
  readonly leases?: RememberedLeases;
}

/** A store, and what a test does with it beyond its verbs. */
export interface TestStore {
  readonly presence: RedisPresenceStore;
  readonly keys: Keyspace;
  /** Warnings of what went on in the background. */
  readonly warnings: readonly string[];
  /** Resolves when nothing goes on in the background any more. */
  settled(): Promise<void>;
}

let prefixes = 0;
let nodes = 0;

/** A prefix that no test has used. */
export function freshPrefix(): string {
  prefixes += 1;
  return `presence-${process.pid}-${prefixes}`;
}

/** A port to a server, closed when the test is over. */
export async function openPort(url: string): Promise<RedisPort> {
  const port = await openNodeRedisPort(url);
  onTestFinished(() => port.close());
  return port;
}

/** A store as a node has it. What goes on in its background is over when the test is. */
export function createStore({ port, prefix, partitions, outageMs, now, leases }: StoreOptions): TestStore {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
  };
  const background = new Background(warn);
  onTestFinished(() => background.settled());
  nodes += 1;
  const keys = new Keyspace({ prefix, ...(partitions !== undefined && { partitions }) });
  const time = new EngineTime(now, undefined);
  const rest = {
    scheduler: createTimers(),
    gate: new Gate(),
    background,
    epoch: `node${nodes}`,
    outageMs,
    warn,
  };
  const options = { places: new LogClock(keys), ...(leases !== undefined && { leases }) };
  const presence = new RedisPresenceStore({ port, keys, time, ...rest }, options);
  return { presence, keys, warnings, settled: () => background.settled() };
}
