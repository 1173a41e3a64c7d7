/** Requests of the wire specification over the world's network, for clients that are no SDK. */
import { testTargets } from "@hereabouts/testkit";
import type { Incoming } from "./network.ts";
import type { Stage } from "./sdk-actor.ts";

/** Sends one request after another. */
export interface RawClient {
  /** The reply; `undefined` when none came. Waits `patienceMs` at most, and no longer than until `giveUp`. */
  ask(target: string, patienceMs?: number): Promise<Incoming | undefined>;
  /** Gives up what is under way, as a client does that goes away. */
  giveUp(): void;
  sleep(ms: number): Promise<void>;
}

const patienceMsDefault = 6_000;

/** Creates one. */
export function createRawClient(stage: Stage, client: string): RawClient {
  const { clock, network } = stage;
  const open = new Set<AbortController>();
  return {
    ask: async (target, patienceMs = patienceMsDefault) => {
      const controller = new AbortController();
      open.add(controller);
      const cancel = clock.at(clock.now() + patienceMs, () => controller.abort(new Error("Nobody answers.")));
      try {
        return await network.send({ client, method: "GET", target, signal: controller.signal });
      } catch {
        return undefined;
      } finally {
        cancel();
        open.delete(controller);
      }
    },
    giveUp: () => {
      for (const controller of [...open]) controller.abort(new Error("The client gave up."));
    },
    sleep: (ms) => new Promise((resolve) => clock.at(clock.now() + ms, resolve)),
  };
}

/** The targets of every world. */
export const targets = testTargets;
