/** Opens the engine as the conformance suite wants it: each place is a prefix, each engine a node with its own port. */
import { openNodeRedisPort, openRedisEngine } from "@hereabouts/engine-redis";
import type { OpenEngine } from "@hereabouts/testkit/conformance";

let lives = 0;

/** Opens engines on the Redis that an address leads to, once tests run. */
export function openAt(url: () => string): OpenEngine {
  return async ({ now, place }) => {
    lives += 1;
    const port = await openNodeRedisPort(url());
    try {
      const engine = await openRedisEngine({ port, prefix: place, now, epoch: `life-${lives}`, warn: fail });
      return {
        ...{ presence: engine.presence, ticks: engine.ticks },
        ...{ log: engine.log, groups: engine.groups, keysets: engine.keysets },
        async close(at) {
          await engine.close(at);
          await port.close();
        },
      };
    } catch (error) {
      await port.close();
      throw error;
    }
  };
}

function fail(message: string): void {
  throw new Error(`the engine warned: ${message}`);
}
