/** The calls of a client, as an addition to its core. */
import type { Calls, ClientTypes, Core } from "./api.ts";
import { insideOf } from "./inside.ts";
import { createGroups } from "./requests/groups.ts";
import { createHereNow } from "./requests/here-now.ts";
import { createFetchPage, createPages } from "./requests/here-now-pages.ts";
import { createPublish } from "./requests/publish.ts";
import { createGetState, createSetState } from "./requests/state.ts";
import { createTime } from "./requests/time.ts";
import { createWhereNow } from "./requests/where-now.ts";

/**
 * Makes the calls of a core: here now, where now, states, channel groups, publish, signal and time. They are given up when
 * the core is closed. Throws a PresenceError `invalid-argument` when `core` is not from `createCore`.
 */
export function createCalls<Types extends ClientTypes>(core: Core<Types>): Calls<Types> {
  const inside = insideOf(core);
  return {
    hereNow: Object.assign(createHereNow(inside), { pages: createPages(createFetchPage(inside)) }),
    whereNow: createWhereNow(inside),
    setState: createSetState(inside, inside.keeper),
    getState: createGetState(inside),
    channelGroups: createGroups(inside),
    publish: createPublish(inside, "publish"),
    signal: createPublish(inside, "signal"),
    time: createTime(inside),
  };
}
