/** A client's subscriptions and the one poll they share: carries out what the subscribe machine says. */
import type { ConnectionStatus, JsonObject, Off, StatusEvent, Subscription } from "./api.ts";
import { deliver, type Receiver } from "./delivery.ts";
import { callSafely, createListeners } from "./listeners.ts";
import type { Cursor } from "./machine/subscribe.ts";
import { isWithin, noTargets, type TargetSet, union } from "./machine/targets.ts";
import type { Coverage } from "./matching.ts";
import { refuse } from "./names.ts";
import type { Settings } from "./options.ts";
import { createPoll } from "./poll.ts";
import type { Caller } from "./requests/call.ts";
import type { SeatKeeper } from "./seat-keeper.ts";
import type { StateCheck } from "./state-check.ts";
import { createSubscription } from "./subscription.ts";

/** What a subscription wants. */
export interface SubscriptionWish {
  readonly coverage: Coverage;
  readonly filter?: string | undefined;
  /** For a roster: called when the poll covers it, and when something may have been missed. */
  readonly onListening?: () => void;
}

/** A subscription, and what its maker may do with it. */
export interface OpenSubscription<State, Message> {
  readonly subscription: Subscription<State, Message>;
  /** The own state in its channels, from now on. */
  tell(state: JsonObject): void;
  status(event: StatusEvent): void;
}

/** The subscriptions of a client. */
export interface Connection<State, Message> {
  readonly status: ConnectionStatus;
  subscribe(wish: SubscriptionWish): OpenSubscription<State, Message>;
  onStatus(listener: (event: StatusEvent) => void): Off;
  /** Tells the client's listeners something that is no subscription's. */
  tell(event: StatusEvent): void;
  disconnect(): Promise<void>;
  reconnect(): void;
  /** Ends every subscription and leaves. */
  close(): Promise<void>;
  /** The page is left: gives the seats up by a request that outlives it. */
  hide(): void;
  /** The page is back: says so to the service at once. */
  wake(): void;
}

/** What a connection is made of. */
export interface ConnectionParts<State> {
  readonly settings: Settings<State>;
  readonly call: Caller;
  readonly keeper: SeatKeeper;
  readonly check: StateCheck<State>;
}

interface Entry<State, Message> extends SubscriptionWish, Receiver<State, Message> {
  readonly coverage: Coverage;
  /** `undefined` until the poll covers it. */
  from: string | undefined;
  /** The own state that has not been told yet. */
  news: JsonObject | undefined;
}

/** Makes a connection without subscriptions: nothing is sent before the first. */
export function createConnection<State, Message>(parts: ConnectionParts<State>): Connection<State, Message> {
  const { keeper, check } = parts;
  const entries = new Set<Entry<State, Message>>();
  const statuses = createListeners<StatusEvent>();
  const emit = (event: StatusEvent): void => {
    statuses.emit(event);
    for (const { outlet } of [...entries]) outlet.status(event);
  };
  const poll = createPoll(parts, {
    onItems: (items) =>
      deliver(items, { receivers: entries, check, onEvent: keeper.adopt, onStatus: statuses.emit }),
    onStatus: (event) => {
      if (event.type === "disconnected" && event.reason === "refused")
        keeper.machine.feed({ type: "refused" });
      emit(event);
    },
    onGreeted: ({ targets, cursor, isBack }) => {
      for (const entry of entries) {
        if (entry.from !== undefined ? isBack : isWithin(entry.coverage.targets, targets))
          listen(entry, cursor);
      }
    },
  });
  let isStale = false;
  const refresh = (): void => {
    isStale = false;
    const seats = all(entries, ({ coverage }) => coverage.seats);
    keeper.machine.feed({ type: "seats", seats });
    let again: TargetSet = noTargets;
    for (const entry of entries) {
      if (entry.news === undefined) continue;
      keeper.machine.feed({ type: "states", targets: entry.coverage.seats, state: entry.news });
      again = union(again, entry.coverage.seats);
      entry.news = undefined;
    }
    const wish = { targets: all(entries, ({ coverage }) => coverage.targets), filter: filterOf(entries) };
    poll.feed({ type: "wish", wish, again });
    // Whoever asks for nothing new is covered already.
    const { cursor, greeted } = poll.state;
    for (const entry of entries) {
      if (entry.from === undefined && cursor && isWithin(entry.coverage.targets, greeted))
        listen(entry, cursor);
    }
  };
  /** Subscriptions that come and go in one turn are one change. */
  const refreshSoon = (): void => {
    if (isStale) return;
    isStale = true;
    queueMicrotask(refresh);
  };

  return {
    get status() {
      return poll.state.status;
    },
    onStatus: statuses.add,
    tell: statuses.emit,
    subscribe: (wish) => {
      refuseConflicts(wish, entries);
      const outlet = createSubscription<State, Message>(async () => {
        entries.delete(entry);
        outlet.end();
        refreshSoon();
        await keeper.left();
      });
      const isLenient = wish.onListening !== undefined;
      const entry: Entry<State, Message> = { ...wish, outlet, isLenient, from: undefined, news: undefined };
      entries.add(entry);
      refreshSoon();
      return {
        subscription: outlet.subscription,
        status: outlet.status,
        tell: (state) => {
          entry.news = state;
          refreshSoon();
        },
      };
    },
    disconnect: async () => {
      poll.feed({ type: "disconnect" });
      keeper.machine.feed({ type: "disconnect" });
      await keeper.left();
    },
    reconnect: () => poll.feed({ type: "reconnect" }),
    close: async () => {
      for (const { outlet } of entries) outlet.end();
      poll.feed({ type: "wish", wish: { targets: noTargets, filter: undefined }, again: noTargets });
      entries.clear();
      keeper.machine.feed({ type: "seats", seats: noTargets });
      await keeper.left();
      statuses.clear();
    },
    hide: () => {
      keeper.leavePage();
      poll.feed({ type: "left" });
    },
    wake: () => poll.feed({ type: "woke" }),
  };
}

function listen(entry: { from: string | undefined } & SubscriptionWish, cursor: Cursor): void {
  entry.from ??= cursor.timetoken;
  if (entry.onListening) callSafely(entry.onListening);
}

function all<Item>(items: Iterable<Item>, read: (item: Item) => TargetSet): TargetSet {
  return [...items].map(read).reduce(union, noTargets);
}

function filterOf(entries: Iterable<SubscriptionWish>): string | undefined {
  return [...entries].find(({ filter }) => filter !== undefined)?.filter;
}

function refuseConflicts(wish: SubscriptionWish, entries: Iterable<SubscriptionWish>): void {
  for (const other of entries) {
    const filters = [wish.filter, other.filter];
    if (filters.includes(undefined)) {
      const isForRoster = wish.filter === undefined ? wish.onListening : other.onListening;
      if (isForRoster && wish.filter !== other.filter) {
        refuse("A roster needs every presence event, so one client cannot have it beside a filter");
      }
    } else if (wish.filter !== other.filter) {
      refuse(`A client has one filter, and "${other.filter}" is in use`);
    }
  }
}
