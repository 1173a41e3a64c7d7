/** The core of a client: its options, its one connection with everything that is subscribed to, and its seats. */
import type { ClientTypes, Core, CoreOptions, MessageOf, StateOf } from "./api.ts";
import { createConnection } from "./connection.ts";
import { PresenceError } from "./error.ts";
import { remember } from "./inside.ts";
import { settingsOf } from "./options.ts";
import { watchPage } from "./platform.ts";
import { createAsk } from "./requests/ask.ts";
import { createSeatKeeper } from "./seat-keeper.ts";
import { createStateCheck } from "./state-check.ts";
import { createSubscribe } from "./subscribing.ts";

/**
 * Makes the core of a client: it connects, subscribes, keeps its seats and leaves. `createCalls` and `createRosters` add
 * the rest. Nothing is sent before its first subscription. Throws a PresenceError `invalid-argument` when the options
 * break a rule or contradict each other.
 */
export function createCore<Types extends ClientTypes = ClientTypes>(
  options: CoreOptions<Types>,
): Core<Types> {
  const settings = settingsOf(options);
  const { userId, deviceId } = settings;
  const controller = new AbortController();
  const closing = controller.signal;
  const request = createAsk(settings);
  const ask = settings.streams?.(settings, request, (event) => connection.tell(event)) ?? request;
  const check = createStateCheck(settings.stateSchema);
  const parts = { settings, ask, check, closing, keeper: createSeatKeeper(settings, ask) };
  const connection = createConnection<StateOf<Types>, MessageOf<Types>>(parts);
  const { statuses } = connection;
  watchPage(connection, closing);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    controller.abort(new PresenceError("closed", "The client is closed."));
    closed ??= connection.close().then(statuses.clear);
    return closed;
  };
  const core: Core<Types> = {
    userId,
    deviceId,
    subscribe: createSubscribe(connection),
    get status() {
      return connection.status();
    },
    onStatus: statuses.add,
    disconnect: connection.disconnect,
    reconnect: connection.reconnect,
    close,
    [Symbol.asyncDispose]: close,
  };
  return remember(core, {
    ...parts,
    connection,
    onStatus: statuses.emit,
    ask: (question, manner) => ask(question, manner, closing),
  });
}
