/**
 * The core of a client: its options, its one connection with everything that is subscribed to, and its seats. What only
 * asks and is answered (`requests/`) and what shows who is there (`roster.ts`) stands on it.
 */
import type { Client, ClientOptions, ClientTypes, MessageOf, StateOf } from "./api.ts";
import { type Connection, createConnection } from "./connection.ts";
import { PresenceError } from "./error.ts";
import { type Settings, settingsOf } from "./options.ts";
import { watchPage } from "./platform.ts";
import { createAsk } from "./requests/ask.ts";
import type { CallContext } from "./requests/context.ts";
import { createSeatKeeper, type SeatKeeper } from "./seat-keeper.ts";
import { createStateCheck } from "./state-check.ts";
import { createSubscribe } from "./subscribing.ts";

/** What the rest of a client stands on. */
export interface Core<Types extends ClientTypes> {
  readonly settings: Settings<StateOf<Types>>;
  readonly connection: Connection<StateOf<Types>, MessageOf<Types>>;
  readonly keeper: SeatKeeper;
  /** For calls: they are given up when the client is closed. */
  readonly context: CallContext<StateOf<Types>>;
  readonly subscribe: Client<Types>["subscribe"];
  /** Throws when the client is closed. */
  refuseClosed(): void;
  close(): Promise<void>;
}

/** Makes the core of a client. Throws a PresenceError `invalid-argument` when the options are not as they have to be. */
export function createCore<Types extends ClientTypes>(options: ClientOptions<Types>): Core<Types> {
  const settings = settingsOf(options);
  const closing = new AbortController();
  const refuseClosed = (): void => closing.signal.throwIfAborted();
  const ask = createAsk(settings);
  const check = createStateCheck(settings.stateSchema);
  const keeper = createSeatKeeper(settings, ask);
  const connection = createConnection<StateOf<Types>, MessageOf<Types>>({ settings, ask, keeper, check });
  const { statuses, close, hide, wake } = connection;
  const subscribe = createSubscribe({ connection, check, userId: settings.userId });
  const unwatch = watchPage({ onHide: hide, onWake: wake });
  let closed: Promise<void> | undefined;
  return {
    settings,
    connection,
    keeper,
    context: {
      settings,
      check,
      onStatus: statuses.emit,
      ask: (question, manner) => ask(question, { ...manner, alsoSignal: closing.signal }),
    },
    refuseClosed,
    subscribe: (wish) => {
      refuseClosed();
      return subscribe(wish);
    },
    close: () => {
      unwatch();
      closing.abort(new PresenceError("closed", "The client is closed."));
      closed ??= close().then(statuses.clear);
      return closed;
    },
  };
}
