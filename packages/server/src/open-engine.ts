/** Opens the engine that the settings name, and the clock that goes with it. */
import { randomBytes } from "node:crypto";
import { type Cancel, type Engine, EngineError, type Instant, type Scheduler } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { RedisPort } from "@hereabouts/engine-redis";
import { calmLog } from "./calm-log.ts";
import { isClusterEngine, withoutPassword } from "./config/engine-address.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";

/** An engine, and the time that all its nodes agree on. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  /** Ends what the clock does. The engine is closed by whoever uses it. */
  stopClock: Cancel;
}

/** What opening an engine needs. */
export interface OpenEngineOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** The machine's clock and timers. */
  readonly scheduler: Scheduler;
  /** Aborted when the node is told to stop before it has begun. */
  readonly signal: AbortSignal;
}

/** The node was told to stop before it had begun. */
export class StartCancelledError extends Error {
  constructor() {
    super("The node was told to stop before it had begun.");
    this.name = "StartCancelledError";
  }
}

/** How long an engine that cannot be reached is waited for, and how often it is tried, in milliseconds. */
const patienceMs = 30_000;
const tryEveryMs = 1_000;

/** A cluster's seats are given the time in which nobody looked after them for longer than this, in milliseconds. */
const outageMs = 5_000;

/** What trying again does not mend: the server lets this user in no more the second time, nor has it grown younger. */
const lasting = /\b(WRONGPASS|NOAUTH|NOPERM|7\.0 or newer|partitions)\b/;

/** Opens the engine. Waits for a cluster's up to 30 s; throws `EngineError` when there is none to be had. */
export async function openEngine(options: OpenEngineOptions): Promise<OpenedEngine> {
  if (isClusterEngine(options.settings.engine)) return await openPatiently(options);
  const { settings, log, scheduler } = options;
  const engine = await openEmbeddedEngine({
    path: settings.data,
    now: scheduler.now(),
    epoch: createEpoch(),
    warn: (message) => log.warn(message),
  });
  return { engine, scheduler, stopClock: () => {} };
}

async function openPatiently(options: OpenEngineOptions): Promise<OpenedEngine> {
  const { settings, scheduler, signal } = options;
  const engine = withoutPassword(settings.engine);
  const log = calmLog(options.log, scheduler);
  const giveUpAt = scheduler.now() + patienceMs;
  for (;;) {
    if (signal.aborted) throw new StartCancelledError();
    try {
      return await openCluster(options);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { code, message } = error;
      if (code === "corrupt" || lasting.test(message))
        throw new EngineError(code, `${engine} cannot be the engine: ${message}`, { cause: error });
      if (scheduler.now() >= giveUpAt) {
        const seconds = patienceMs / 1_000;
        const sentence = `${engine} could not be reached for ${seconds} seconds: ${message}`;
        throw new EngineError(code, sentence, { cause: error });
      }
      log.warn("The engine cannot be reached; it is tried again for 30 seconds.", {
        engine,
        reason: message,
      });
    }
    await pause(scheduler, signal);
  }
}

async function openCluster({ settings, log, scheduler: machine }: OpenEngineOptions): Promise<OpenedEngine> {
  // Only here: a node that keeps everything itself does without a Redis client.
  const { openNodeRedisPort, openRedisClock, openRedisEngine } = await import("@hereabouts/engine-redis");
  const port = await openNodeRedisPort(settings.engine);
  let stopClock: Cancel = () => {};
  try {
    const { prefix, partitions } = settings;
    const clock = await openRedisClock({ port, prefix, scheduler: machine });
    stopClock = clock.stop;
    const { scheduler } = clock;
    const engine = await openRedisEngine({
      ...{ port, prefix, scheduler, outageMs },
      ...(partitions === undefined ? {} : { partitions }),
      now: scheduler.now(),
      epoch: createEpoch(),
      warn: (message) => log.warn(message),
    });
    return { engine: closingPort(engine, port), scheduler, stopClock };
  } catch (error) {
    stopClock();
    await port.close();
    throw error;
  }
}

/** An engine that takes its connections with it. */
function closingPort(engine: Engine, port: RedisPort): Engine {
  const { presence, ticks, log, groups, keysets } = engine;
  const close = async (now: Instant): Promise<void> => {
    try {
      await engine.close(now);
    } finally {
      await port.close();
    }
  };
  return { presence, ticks, log, groups, keysets, close };
}

function pause(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = scheduler.at(scheduler.now() + tryEveryMs, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}

/** A name for a life that no other had. */
function createEpoch(): string {
  return randomBytes(6).toString("base64url");
}
