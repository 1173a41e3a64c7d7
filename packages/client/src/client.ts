/** What users hold: the core of a client with its calls and its rosters. */
import type { Client, ClientOptions, ClientTypes, StateOf } from "./api.ts";
import { createCore } from "./core.ts";
import { coverageOf } from "./matching.ts";
import { checkName } from "./names.ts";
import { createGroups } from "./requests/groups.ts";
import { createHereNow } from "./requests/here-now.ts";
import { createFetchPage, createPages } from "./requests/here-now-pages.ts";
import { createPublish } from "./requests/publish.ts";
import { createGetState, createSetState } from "./requests/state.ts";
import { createTime } from "./requests/time.ts";
import { createWhereNow } from "./requests/where-now.ts";
import { createRosters } from "./roster.ts";

/**
 * Makes a client. Nothing is sent before its first call or subscription. Throws a PresenceError `invalid-argument` when
 * the options break a rule or contradict each other.
 */
export function createClient<Types extends ClientTypes = ClientTypes>(
  options: ClientOptions<Types>,
): Client<Types> {
  const {
    settings,
    connection,
    keeper,
    context,
    subscribe,
    refuseClosed,
    close: closeCore,
  } = createCore(options);
  const fetchPage = createFetchPage(context);
  const rosters = createRosters<StateOf<Types>>({
    scheduling: settings.scheduling,
    fetchPage,
    subscribePresence: (channel, join, listener) => {
      const reach = join === "join" ? "with-presence" : "presence-only";
      const coverage = coverageOf({ channels: [channel], groups: [] }, reach);
      return connection.subscribe({ coverage, listener }).subscription;
    },
  });
  const close = (): Promise<void> => {
    rosters.close();
    return closeCore();
  };
  return {
    userId: settings.userId,
    deviceId: settings.deviceId,
    hereNow: Object.assign(createHereNow(context), { pages: createPages(fetchPage) }),
    whereNow: createWhereNow(context),
    setState: createSetState(context, keeper),
    getState: createGetState(context),
    channelGroups: createGroups(context),
    publish: createPublish(context, "publish"),
    signal: createPublish(context, "signal"),
    time: createTime(context),
    subscribe,
    roster: (channel, how = {}) => {
      refuseClosed();
      return rosters.open(checkName(channel, "channel"), how);
    },
    get status() {
      return connection.status();
    },
    onStatus: connection.statuses.add,
    disconnect: connection.disconnect,
    reconnect: () => {
      refuseClosed();
      connection.reconnect();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
