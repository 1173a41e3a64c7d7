/** What users hold: puts the parts together. */
import type {
  Client,
  ClientOptions,
  ClientTypes,
  MessageOf,
  StateOf,
  SubscribeOptions,
  Subscription,
} from "./api.ts";
import { createCalls } from "./calls.ts";
import { createConnection } from "./connection.ts";
import { PresenceError } from "./error.ts";
import type { ClientCore } from "./internal.ts";
import { coverageOf } from "./matching.ts";
import { checkName, checkTargets, refuse } from "./names.ts";
import { settingsOf } from "./options.ts";
import { watchPage } from "./platform.ts";
import { createCaller } from "./requests/call.ts";
import { createRosters } from "./roster.ts";
import { createSeatKeeper } from "./seat-keeper.ts";
import { createStateCheck } from "./state-check.ts";

/**
 * Makes a client. Nothing is sent before its first call or subscription. Throws a PresenceError `invalid-argument` when
 * the options break a rule or contradict each other.
 */
export function createClient<Types extends ClientTypes = ClientTypes>(
  options: ClientOptions<Types>,
): Client<Types> {
  type State = StateOf<Types>;
  type Message = MessageOf<Types>;
  const settings = settingsOf(options);
  const call = createCaller(settings);
  const check = createStateCheck(settings.stateSchema);
  const keeper = createSeatKeeper(settings, call);
  const connection = createConnection<State, Message>({ settings, call, keeper, check });
  const closing = new AbortController();
  const { calls, fetchPage } = createCalls<Types>({
    settings,
    call,
    check,
    keeper,
    closing: closing.signal,
    onStatus: connection.tell,
  });
  const { userId, deviceId, scheduling } = settings;
  const refuseClosed = (): void => {
    if (closing.signal.aborted) throw closing.signal.reason;
  };

  const subscribe = (wish: SubscribeOptions<State>): Subscription<State, Message> => {
    refuseClosed();
    const { state, filter } = wish;
    const coverage = coverageOf(checkTargets(wish), wish.withPresence ? "with-presence" : "as-named");
    if (filter !== undefined && (typeof filter !== "string" || filter === ""))
      refuse("filter has to be an expression");
    const json = state === undefined ? undefined : check.outgoing(state);
    const open = connection.subscribe({ coverage, filter });
    if (json instanceof Promise)
      json.then(open.tell, (thrown) => {
        const [first = ""] = coverage.seats;
        const event = {
          type: "invalid-state",
          channel: first.slice(1),
          userId,
          error: PresenceError.from(thrown),
        } as const;
        open.status(event);
        connection.tell(event);
      });
    else if (json !== undefined) open.tell(json);
    return open.subscription;
  };
  const core: ClientCore<State> = {
    scheduling,
    fetchPage,
    onStatus: connection.onStatus,
    subscribePresence: (channel, join, onListening) => {
      refuseClosed();
      const coverage = coverageOf(
        { channels: [channel], groups: [] },
        join === "join" ? "with-presence" : "presence-only",
      );
      return connection.subscribe({ coverage, onListening }).subscription;
    },
  };
  const rosters = createRosters(core);
  const unwatch = watchPage({ onHide: connection.hide, onWake: connection.wake });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      unwatch();
      rosters.close();
      closing.abort(new PresenceError("closed", "The client is closed."));
      await connection.close();
    })();
    return closed;
  };
  return {
    userId,
    deviceId,
    ...calls,
    subscribe,
    roster: (channel, how = {}) => {
      refuseClosed();
      return rosters.open(checkName(channel, "channel"), how);
    },
    get status() {
      return connection.status;
    },
    onStatus: connection.onStatus,
    disconnect: connection.disconnect,
    reconnect: () => {
      refuseClosed();
      connection.reconnect();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
