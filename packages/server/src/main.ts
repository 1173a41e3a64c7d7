/** The composition root: the only place that knows every concrete part. */
import type { Keyset } from "@hereabouts/core";
import { isClusterEngine, withoutPassword } from "./config/engine-address.ts";
import { openDemoProblem } from "./config/open-demo.ts";
import { listen, runtimeName } from "./http/listen.ts";
import type { Log } from "./log.ts";
import { type HereaboutsNode, openNode } from "./node.ts";
import { openEngine } from "./open-engine.ts";
import { demoKeyset } from "./service/keyset-directory.ts";
import type { Settings } from "./settings.ts";
import { createSystemRandom } from "./system-random.ts";
import { createSystemScheduler } from "./system-scheduler.ts";

/** A server at work. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:7400`. */
  readonly url: string;
  /** Whether it is open to everybody with the keyset of development. */
  readonly isDemo: boolean;
  /**
   * Puts these tenants in the place of all there are, without a restart; their policies and rules are in force at once.
   * Throws `RefusedSettingsError` when they are not to be on this interface.
   */
  replaceKeysets(keysets: readonly Keyset[]): Promise<void>;
  /**
   * Is not ready any more, answers held polls with an empty list and sends streams away over `drainSeconds`, takes no new connections, stores
   * the seats, and lets go of everything. Resolves when done.
   */
  stop(): Promise<void>;
}

/** Settings under which a server does not start; the message says what to do. */
export class RefusedSettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RefusedSettingsError";
  }
}

/**
 * Starts a server: engine, node, sockets, in that order. Leaves nothing behind when it fails, and throws
 * `StartCancelledError` when `signal` is aborted while it waits for its engine.
 */
export async function runServer(
  settings: Settings,
  log: Log,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningServer> {
  const place = isClusterEngine(settings.engine)
    ? { engine: withoutPassword(settings.engine), prefix: settings.prefix, partitions: settings.partitions }
    : { data: settings.data };
  log.info("starting", { runtime: runtimeName(), ...place });
  const machine = createSystemScheduler();
  const { engine, scheduler, stopClock } = await openEngine({ settings, log, scheduler: machine, signal });
  const random = createSystemRandom();
  const node = await openNode({ settings, engine, scheduler, random, log }).catch(async (error: unknown) => {
    await engine.close(scheduler.now());
    stopClock();
    throw error;
  });
  const stopNode = async (): Promise<void> => {
    await node.stop();
    stopClock();
  };
  try {
    return await openSockets({ settings, node, stopNode, log });
  } catch (error) {
    await stopNode();
    throw error;
  }
}

interface SocketsOptions {
  readonly settings: Settings;
  readonly node: HereaboutsNode;
  readonly stopNode: () => Promise<void>;
  readonly log: Log;
}

async function openSockets({ settings, node, stopNode, log }: SocketsOptions): Promise<RunningServer> {
  const problem = openDemoProblem(settings.host, node.keysets());
  if (problem !== undefined) throw new RefusedSettingsError(problem);
  const listener = await listen(node.handler, settings, node.streams);
  const url = `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${listener.port}`;
  log.info("listening", { url, keysets: node.keysets().length });
  return {
    url,
    isDemo: node.keysets().some((keyset) => keyset === demoKeyset),
    async replaceKeysets(keysets) {
      const refusal = openDemoProblem(settings.host, keysets);
      if (refusal !== undefined) throw new RefusedSettingsError(refusal);
      await node.replaceKeysets(keysets);
      log.info("keysets replaced", { keysets: keysets.length });
    },
    async stop() {
      const { drainSeconds } = settings;
      log.info("stopping", { heldPolls: node.heldPolls(), streams: node.openStreams(), drainSeconds });
      // Until others have taken over, the doors stay open to those who have not noticed yet.
      if (drainSeconds > 0) await node.drain(drainSeconds * 1_000);
      // The doors close before the last are answered, so that nobody whose poll is answered comes back to this node.
      const closed = listener.stop();
      await node.drain(0);
      await closed;
      await stopNode();
      log.info("stopped");
    },
  };
}
