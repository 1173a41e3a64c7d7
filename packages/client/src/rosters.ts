/** The rosters of a client, as an addition to its core. */
import type { ClientTypes, Core, Rosters, StateOf } from "./api.ts";
import { insideOf } from "./inside.ts";
import { minus, noTargets } from "./machine/targets.ts";
import { coverageOf } from "./matching.ts";
import { checkName } from "./names.ts";
import { createFetchPage } from "./requests/here-now-pages.ts";
import { shareRosters } from "./roster.ts";

/**
 * Makes the rosters of a core; they are closed with it. Make them once: rosters of two makings share no pictures. Throws a
 * PresenceError `invalid-argument` when `core` is not from `createCore`.
 */
export function createRosters<Types extends ClientTypes>(core: Core<Types>): Rosters<Types> {
  const inside = insideOf(core);
  const { settings, connection, closing } = inside;
  const rosters = shareRosters<StateOf<Types>>({
    scheduling: settings.scheduling,
    fetchPage: createFetchPage(inside),
    subscribePresence: (channel, join, listener) => {
      const { seats, targets } = coverageOf({ channels: [channel], groups: [] }, true);
      const coverage =
        join === "join" ? { seats, targets } : { seats: noTargets, targets: minus(targets, seats) };
      return connection.subscribe({ coverage, filter: "", listener });
    },
  });
  closing.addEventListener("abort", rosters.close);
  return {
    roster: (channel, how = {}) => {
      closing.throwIfAborted();
      return rosters.open(checkName(channel, "channel"), how);
    },
  };
}
