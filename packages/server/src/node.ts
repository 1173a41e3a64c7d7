/** One node without its sockets: the service on an engine, with its loops. */
import {
  type Engine,
  heldPollsMax,
  type Keyset,
  type Random,
  type Scheduler,
  summingFor,
} from "@hereabouts/core";
import type { Handler } from "@hereabouts/protocol/wire";
import { calmLog } from "./calm-log.ts";
import { createHandler } from "./handler.ts";
import { readinessOf, withHealth } from "./health.ts";
import type { Log } from "./log.ts";
import { createActiveNotices } from "./service/active-notices.ts";
import { createAfterChanges } from "./service/after-changes.ts";
import { Connections } from "./service/connections.ts";
import type { Context } from "./service/context.ts";
import { renewCovered } from "./service/disconnect.ts";
import { DisconnectNotices } from "./service/disconnect-notices.ts";
import { HeldPolls } from "./service/held-polls.ts";
import { createHereNowCache } from "./service/here-now-cache.ts";
import { openKeysetDirectory } from "./service/keyset-directory.ts";
import { createService } from "./service/service.ts";
import { type StreamDoor, Streams } from "./service/stream/streams.ts";
import type { Settings } from "./settings.ts";
import { startSweeping, startTicking } from "./tickers.ts";
import { UnderWay } from "./under-way.ts";

/** What a node is made of. */
export interface NodeOptions {
  readonly settings: Settings;
  /** Closed by the node when it stops. */
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: Log;
}

/** A node at work. */
export interface HereaboutsNode {
  readonly handler: Handler;
  /** The tenants in force. */
  keysets(): readonly Keyset[];
  /** Puts these in the place of all tenants there are, on every node of the engine. In force here when it resolves. */
  replaceKeysets(keysets: readonly Keyset[]): Promise<void>;
  /** How streams are opened. */
  readonly streams: StreamDoor;
  /** How many polls are held now. */
  heldPolls(): number;
  /** How many streams are open now. */
  openStreams(): number;
  /**
   * Is not ready any more, answers held polls with an empty list and asks streams to move, spread over `overMs`
   * milliseconds; new ones at once. Resolves when that time is over. With 0 everything is answered and closed at once,
   * also what was to be spread.
   */
  drain(overMs: number): Promise<void>;
  /** Drains at once, waits for answers that are under way, and closes the engine. */
  stop(): Promise<void>;
}

/** How long a stop waits for answers that are under way, in milliseconds. */
const stopPatienceMs = 5_000;

/** Puts a node together and starts its loops. */
export async function openNode(options: NodeOptions): Promise<HereaboutsNode> {
  const { settings, engine, scheduler, random } = options;
  const log = calmLog(options.log, scheduler);
  const keysets = await openKeysetDirectory({
    store: engine.keysets,
    configured: settings.keysets,
    scheduler,
    onError: (error) => log.warn("The keysets could not be read again.", { err: error }),
  });
  engine.ticks.govern((subscribeKey, channel) => {
    const keyset = keysets.get(subscribeKey);
    return keyset && summingFor(keyset.policy, channel);
  }, scheduler.now());
  const polls = new HeldPolls(scheduler, heldPollsMax);
  const disconnectNotices = new DisconnectNotices({
    eventLog: engine.log,
    scheduler,
    log,
    onNotice: (keyset, lease, channels) => renewCovered(context, keyset, lease, channels),
  });
  const context: Context = {
    engine,
    scheduler,
    keysets,
    afterChanges: createAfterChanges([createActiveNotices(engine.log)], log),
    heldPolls: polls,
    connections: new Connections(keysets, () => polls.subscribers(), disconnectNotices),
    disconnectNotices,
    hereNowCache: createHereNowCache(engine.presence, scheduler, settings.hereNowCacheMs),
    offersStreams: () => streams.isOpen,
    pollHoldMs: settings.pollHoldSeconds * 1_000,
  };
  const underWay = new UnderWay();
  const streams = new Streams({
    context,
    log,
    underWay,
    timeoutSeconds: settings.streamTimeoutSeconds,
  });
  const service = createService(context, log);
  const stopSweeping = startSweeping(context, log);
  const stopTicking = startTicking(context, log);
  const readiness = readinessOf(engine, scheduler, () => polls.isDraining);
  return {
    handler: withHealth(createHandler(service, scheduler, underWay), readiness),
    keysets: () => keysets.all(),
    replaceKeysets: (inForce) => keysets.replace(inForce),
    streams,
    heldPolls: () => polls.size,
    openStreams: () => streams.size,
    drain: (overMs) => {
      polls.drain(overMs, random);
      streams.drain(overMs, random);
      if (overMs === 0) return Promise.resolve();
      return new Promise((resolve) => {
        scheduler.at(scheduler.now() + overMs, resolve);
      });
    },
    async stop() {
      polls.drain(0, random);
      streams.drain(0, random);
      await underWay.whenIdle(scheduler, stopPatienceMs);
      stopSweeping();
      stopTicking();
      disconnectNotices.close();
      keysets.close();
      await engine.close(scheduler.now());
    },
  };
}
