/** What users hold: puts the parts together. */
import type { Client, ClientOptions, ClientTypes, MessageOf, StateOf } from "./api.ts";
import { createConnection } from "./connection.ts";
import { PresenceError } from "./error.ts";
import { coverageOf } from "./matching.ts";
import { checkName } from "./names.ts";
import { settingsOf } from "./options.ts";
import { watchPage } from "./platform.ts";
import { createAsk } from "./requests/ask.ts";
import type { CallContext } from "./requests/context.ts";
import { createGroups } from "./requests/groups.ts";
import { createHereNow } from "./requests/here-now.ts";
import { createFetchPage, createPages } from "./requests/here-now-pages.ts";
import { createPublish } from "./requests/publish.ts";
import { createGetState, createSetState } from "./requests/state.ts";
import { createTime } from "./requests/time.ts";
import { createWhereNow } from "./requests/where-now.ts";
import { createRosters } from "./roster.ts";
import { createSeatKeeper } from "./seat-keeper.ts";
import { createStateCheck } from "./state-check.ts";
import { createSubscribe } from "./subscribing.ts";

/**
 * Makes a client. Nothing is sent before its first call or subscription. Throws a PresenceError `invalid-argument` when
 * the options break a rule or contradict each other.
 */
export function createClient<Types extends ClientTypes = ClientTypes>(
  options: ClientOptions<Types>,
): Client<Types> {
  type State = StateOf<Types>;
  const settings = settingsOf(options);
  const { userId, deviceId, scheduling } = settings;
  const closing = new AbortController();
  /** Throws once the client is closed. */
  const open = <Value>(value: Value): Value => {
    closing.signal.throwIfAborted();
    return value;
  };
  const ask = createAsk(settings);
  const check = createStateCheck(settings.stateSchema);
  const keeper = createSeatKeeper(settings, ask);
  const connection = createConnection<State, MessageOf<Types>>({ settings, ask, keeper, check });
  const { statuses } = connection;
  const context: CallContext<State> = {
    settings,
    check,
    onStatus: statuses.emit,
    ask: (question, manner) => ask(question, { ...manner, alsoSignal: closing.signal }),
  };
  const fetchPage = createFetchPage(context);
  const subscribe = createSubscribe({ connection, check, userId });
  const rosters = createRosters<State>({
    scheduling,
    fetchPage,
    onStatus: statuses.add,
    subscribePresence: (channel, join, onListening) => {
      const reach = join === "join" ? "with-presence" : "presence-only";
      const coverage = coverageOf({ channels: [channel], groups: [] }, reach);
      return connection.subscribe({ coverage, onListening }).subscription;
    },
  });
  const unwatch = watchPage({ onHide: connection.hide, onWake: connection.wake });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    if (closed) return closed;
    unwatch();
    rosters.close();
    closing.abort(new PresenceError("closed", "The client is closed."));
    closed = connection.close().then(statuses.clear);
    return closed;
  };
  return {
    userId,
    deviceId,
    hereNow: Object.assign(createHereNow(context), { pages: createPages(fetchPage) }),
    whereNow: createWhereNow(context),
    setState: createSetState(context, keeper),
    getState: createGetState(context),
    channelGroups: createGroups(context),
    publish: createPublish(context, "publish"),
    signal: createPublish(context, "signal"),
    time: createTime(context),
    subscribe: (wish) => open(subscribe)(wish),
    roster: (channel, how = {}) => open(rosters).open(checkName(channel, "channel"), how),
    get status() {
      return connection.status();
    },
    onStatus: statuses.add,
    disconnect: connection.disconnect,
    reconnect: () => open(connection).reconnect(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
