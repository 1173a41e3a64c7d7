/** The composition root: the only place that knows every concrete part. */
import { randomBytes } from "node:crypto";
import { openEmbeddedEngine } from "@hereabouts/engine-embedded";
import { openDemoProblem } from "./config/open-demo.ts";
import { listen, runtimeName } from "./http/listen.ts";
import type { Log } from "./log.ts";
import { type HereaboutsNode, openNode } from "./node.ts";
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
   * Is not ready any more, answers held polls with an empty list over `drainSeconds`, takes no new connections, stores
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

/** Starts a server: engine, node, sockets, in that order. Leaves nothing behind when it fails. */
export async function runServer(settings: Settings, log: Log): Promise<RunningServer> {
  log.info("starting", { runtime: runtimeName(), data: settings.data });
  const scheduler = createSystemScheduler();
  const random = createSystemRandom();
  const engine = await openEmbeddedEngine({
    path: settings.data,
    now: scheduler.now(),
    epoch: randomBytes(6).toString("base64url"),
    warn: (message) => log.warn(message),
  });
  const node = await openNode({ settings, engine, scheduler, random, log }).catch(async (error: unknown) => {
    await engine.close(scheduler.now());
    throw error;
  });
  try {
    return await openSockets(settings, node, log);
  } catch (error) {
    await node.stop();
    throw error;
  }
}

async function openSockets(settings: Settings, node: HereaboutsNode, log: Log): Promise<RunningServer> {
  const problem = openDemoProblem(settings.host, node.keysets());
  if (problem !== undefined) throw new RefusedSettingsError(problem);
  const listener = await listen(node.handler, settings);
  const url = `http://${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${listener.port}`;
  log.info("listening", { url, keysets: node.keysets().length });
  return {
    url,
    isDemo: node.keysets().some((keyset) => keyset === demoKeyset),
    async stop() {
      const { drainSeconds } = settings;
      log.info("stopping", { heldPolls: node.heldPolls(), drainSeconds });
      // Until others have taken over, the doors stay open to those who have not noticed yet.
      if (drainSeconds > 0) await node.drain(drainSeconds * 1_000);
      // The doors close before the last are answered, so that nobody whose poll is answered comes back to this node.
      const closed = listener.stop();
      await node.drain(0);
      await closed;
      await node.stop();
      log.info("stopped");
    },
  };
}
