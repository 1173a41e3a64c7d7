/**
 * A real Redis for worlds that run on one: started with the first of a test file, ended with the last. Worlds keep
 * apart by prefixes, and their clocks wait for what is on its way to Redis or back, which they do not see themselves.
 */
import type { Engine, Instant, Scheduler } from "@hereabouts/core";
import type { RedisPort } from "@hereabouts/engine-redis";
import { type RedisProcess, startRedis } from "../redis/redis-process.ts";

/** How an engine is opened on the ground. */
export interface RedisOpening {
  readonly now: Instant;
  readonly epoch: string;
  readonly scheduler: Scheduler;
  readonly warn: (message: string) => void;
}

/** One world's part of a Redis. */
export interface RedisPlace {
  readonly url: string;
  /** What all its keys begin with. */
  readonly prefix: string;
}

/** A part of Redis, and what is under way to it from this process. */
export interface RedisGround {
  /** Whether something is on its way to Redis or back, or came so lately that more may follow. */
  isBusy(): boolean;
  open(place: RedisPlace, opening: RedisOpening): Promise<Engine>;
}

/** Few partitions, so that wildcards and sweeps of small worlds do not ask two dozen. */
const partitions = 3;

/** For how long nothing must have come until nothing more is expected, in milliseconds: Redis is on this machine. */
const quietMs = 2;

/** A busy turn of the event loop takes this long, in milliseconds, so that a clock that counts turns has patience. */
const turnMs = 0.1;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

let server: Promise<RedisProcess> | undefined;
let lastPrefix = 0;

/** A part of this file's Redis that is empty. */
export async function emptyRedisPlace(): Promise<RedisPlace> {
  server ??= startRedis();
  const { url } = await server;
  lastPrefix += 1;
  return { url, prefix: `world-${lastPrefix}` };
}

/** A ground for one world. */
export function createRedisGround(): RedisGround {
  const traffic = { underWay: 0, lastAt: 0 };
  return {
    isBusy: () => {
      const isBusy = traffic.underWay > 0 || performance.now() - traffic.lastAt < quietMs;
      if (isBusy) Atomics.wait(sleeper, 0, 0, turnMs);
      return isBusy;
    },
    open: async ({ url, prefix }, opening) => {
      // Only here: most test files never need it.
      const { openNodeRedisPort, openRedisEngine } = await import("@hereabouts/engine-redis");
      const port = watched(await openNodeRedisPort(url), traffic);
      const engine = await openRedisEngine({ port, prefix, partitions, ...opening });
      const { presence, ticks, log, groups, keysets } = engine;
      const close = async (now: Instant): Promise<void> => {
        await engine.close(now);
        await port.close();
      };
      return { presence, ticks, log, groups, keysets, close };
    },
  };
}

/** Ends the Redis of this file's worlds. */
export async function endRedisGround(): Promise<void> {
  const ending = server;
  server = undefined;
  await (await ending)?.[Symbol.asyncDispose]();
}

interface Traffic {
  underWay: number;
  lastAt: number;
}

/** A port that keeps account of what is under way. */
function watched(port: RedisPort, traffic: Traffic): RedisPort {
  async function count<Value>(work: Promise<Value>): Promise<Value> {
    traffic.underWay += 1;
    try {
      return await work;
    } finally {
      traffic.underWay -= 1;
      traffic.lastAt = performance.now();
    }
  }
  return {
    takesAnyTags: port.takesAnyTags === true,
    run: (...call) => count(port.run(...call)),
    send: (command) => count(port.send(command)),
    subscribe: (channel, onMessage) => {
      const onWatched = (message: string): void => {
        traffic.lastAt = performance.now();
        onMessage(message);
      };
      return count(port.subscribe(channel, onWatched));
    },
    onGap: (listener) => port.onGap(listener),
    masters: () => count(port.masters()),
    close: () => port.close(),
  };
}
