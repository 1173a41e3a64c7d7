/** One node without its sockets: the service on an engine, with its loops. */
import { type Engine, heldPollsMax, type Keyset, type Scheduler } from "@hereabouts/core";
import type { Handler } from "@hereabouts/protocol/wire";
import { createHandler } from "./handler.ts";
import type { Log } from "./log.ts";
import { HeldPolls } from "./service/held-polls.ts";
import { createHereNowCache } from "./service/here-now-cache.ts";
import { openKeysetDirectory } from "./service/keyset-directory.ts";
import { createService } from "./service/service.ts";
import type { Settings } from "./settings.ts";
import { startSweeping } from "./tickers.ts";
import { UnderWay } from "./under-way.ts";

/** What a node is made of. */
export interface NodeOptions {
  readonly settings: Settings;
  /** Closed by the node when it stops. */
  readonly engine: Engine;
  readonly scheduler: Scheduler;
  readonly log: Log;
}

/** A node at work. */
export interface HereaboutsNode {
  readonly handler: Handler;
  /** The tenants in force. */
  keysets(): readonly Keyset[];
  /** How many polls are held now. */
  heldPolls(): number;
  /** Answers held polls with an empty list, now and from now on. */
  drain(): void;
  /** Drains, waits for answers that are under way, and closes the engine. */
  stop(): Promise<void>;
}

/** How long a stop waits for answers that are under way, in milliseconds. */
const stopPatienceMs = 5_000;

/** Puts a node together and starts its loops. */
export async function openNode({ settings, engine, scheduler, log }: NodeOptions): Promise<HereaboutsNode> {
  const keysets = await openKeysetDirectory(engine.keysets, settings.keysets, (error) =>
    log.warn("The keysets could not be read again.", { err: error }),
  );
  const polls = new HeldPolls(scheduler, heldPollsMax);
  const context = {
    engine,
    scheduler,
    keysets,
    heldPolls: polls,
    hereNowCache: createHereNowCache(engine.presence, scheduler, settings.hereNowCacheMs),
    pollHoldMs: settings.pollHoldSeconds * 1_000,
  };
  const underWay = new UnderWay();
  const stopSweeping = startSweeping(engine.presence, keysets, scheduler, log);
  return {
    handler: createHandler(createService(context, log), scheduler, underWay),
    keysets: () => keysets.all(),
    heldPolls: () => polls.size,
    drain: () => polls.drain(),
    async stop() {
      polls.drain();
      await underWay.whenIdle(scheduler, stopPatienceMs);
      stopSweeping();
      keysets.close();
      await engine.close(scheduler.now());
    },
  };
}
