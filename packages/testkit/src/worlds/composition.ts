/** Puts a service together on a test clock: the product's own parts, with time, dice and log in the test's hand. */
import { defaultPolicy, type Engine, type Keyset, type Policy } from "@hereabouts/core";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import type { Handler } from "@hereabouts/protocol/wire";
import { defaultSettings, type Log, openNode, type Settings, type StreamDoor } from "@hereabouts/server";
import { createSeededRandom } from "../seeded-random.ts";
import type { TestClock } from "../test-clock.ts";
import type { RedisOpening } from "./redis-ground.ts";
import { type Keys, otherKeys, testKeys, type WorldOptions } from "./world.ts";

/** A service without sockets. */
export interface Composition {
  readonly handler: Handler;
  /** What was logged as an error or a warning since it was opened. */
  readonly complaints: readonly string[];
  /** How streams are opened. */
  readonly streams: StreamDoor;
  /** How many polls and streams are held. */
  heldPolls(): number;
  /** Puts another policy in force for the first keyset, as another node or a tool would: through the store. */
  setPolicy(policy: Partial<Policy>): Promise<void>;
  /** Answers what is held, spread over `overMs` milliseconds (default 0: now), and everything from now on. */
  drain(overMs?: number): Promise<void>;
  /** Answers what is held, stops the loops and lets go of the engine, as a shutdown does. */
  stop(): Promise<void>;
}

/** How to put a service together. */
export interface CompositionOptions {
  readonly world: WorldOptions;
  readonly clock: TestClock;
  /** A directory, or `:memory:`. */
  readonly data: string;
  /** Opens another engine than the embedded one. */
  readonly openEngine?: (opening: RedisOpening) => Promise<Engine>;
  /** What stands between the service and its engine, to count or to break. Default nothing. */
  readonly between?: (engine: Engine) => Engine;
}

/** Opens engine and node on the clock. */
export async function openComposition(options: CompositionOptions): Promise<Composition> {
  const { clock } = options;
  const random = createSeededRandom(clock.now());
  const complaints: string[] = [];
  const log = complainingLog(complaints);
  const opening = {
    now: clock.now(),
    epoch: random.uint32().toString(36),
    scheduler: clock,
    warn: (message: string) => log.warn(message),
  };
  const {
    openEngine = ({ now, epoch, warn }) => openEmbeddedEngine({ path: options.data, now, epoch, warn }),
  } = options;
  const engine = await openEngine(opening);
  const settings = settingsOf(options);
  const { between = (itself) => itself } = options;
  const node = await openNode({ settings, engine: between(engine), scheduler: clock, random, log });
  return {
    handler: node.handler,
    complaints,
    streams: node.streams,
    heldPolls: () => node.heldPolls() + node.openStreams(),
    setPolicy: (policy) => engine.keysets.replace(keysetsOf(policy)),
    drain: (overMs = 0) => node.drain(overMs),
    stop: () => node.stop(),
  };
}

function settingsOf({ world, data }: CompositionOptions): Settings {
  return {
    ...defaultSettings,
    port: 0,
    data,
    keysets: keysetsOf(world.policy),
    pollHoldSeconds: world.pollHoldSeconds ?? defaultSettings.pollHoldSeconds,
    hereNowCacheMs: world.hereNowCacheMs ?? defaultSettings.hereNowCacheMs,
    logLevel: "silent",
  };
}

function keysetsOf(policy: Partial<Policy> | undefined): readonly Keyset[] {
  return [keyset(testKeys, policy), keyset(otherKeys)];
}

function keyset(keys: Keys, policy: Partial<Policy> = {}): Keyset {
  return {
    subscribeKey: keys.subscribe as SubscribeKey,
    publishKey: keys.publish as PublishKey,
    policy: { ...defaultPolicy, ...policy },
  };
}

function complainingLog(complaints: string[]): Log {
  const complain = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    complaints.push(fields === undefined ? message : `${message} ${describeFields(fields)}`);
  };
  return { error: complain, warn: complain, info: () => {}, debug: () => {} };
}

function describeFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(
      ([name, value]) => `${name}=${value instanceof Error ? (value.stack ?? value.message) : String(value)}`,
    )
    .join(" ");
}
