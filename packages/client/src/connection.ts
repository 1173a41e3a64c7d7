/** A client's subscriptions and the one poll they share. */
import type { ConnectionStatus, JsonObject, StatusEvent, Subscription } from "./api.ts";
import { deliver, type Receiver } from "./delivery.ts";
import type { ListeningListener } from "./internal.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import type { Cursor } from "./machine/subscribe.ts";
import { minus, namesOf, type TargetSet } from "./machine/targets.ts";
import type { Coverage } from "./matching.ts";
import { refuse } from "./names.ts";
import { createPoll, type Poll, type PollParts } from "./poll.ts";
import type { SeatKeeper } from "./seat-keeper.ts";
import type { StateCheck } from "./state-check.ts";
import { createSubscription } from "./subscription.ts";

/** What a subscription wants. */
export interface SubscriptionWish {
  readonly coverage: Coverage;
  /** Empty for a roster: every event. */
  readonly filter?: string | undefined;
  /** The own state in its channels, not checked yet. */
  readonly state?: unknown;
  /** For a roster. */
  readonly listener?: ListeningListener;
}

/** The subscriptions of a client. */
export interface Connection<State, Message> {
  status(): ConnectionStatus;
  /** The client's listeners. */
  readonly statuses: Listeners<StatusEvent>;
  /** Tells the client's listeners and those of every subscription. */
  tell(event: StatusEvent): void;
  /** Throws when the client is closed, when a filter is against it, or when its state is wrong at sight. */
  subscribe(wish: SubscriptionWish): Subscription<State, Message>;
  disconnect(): Promise<void>;
  /** Throws when the client is closed. */
  reconnect(): void;
  /** Ends every subscription and leaves. */
  close(): Promise<void>;
  /** The page is left: gives the seats up by a request that outlives it. */
  hide(): void;
  /** The page is back: says so to the service at once. */
  wake(): void;
}

/** What a connection is made of. */
export interface ConnectionParts<State> extends PollParts {
  readonly check: StateCheck<State>;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

interface Entry<State, Message> extends Omit<SubscriptionWish, "state">, Receiver<State, Message> {
  readonly coverage: Coverage;
  readonly listener?: ListeningListener;
  /** `undefined` until the poll covers it. */
  from: string | undefined;
  /** The own state that has not been told yet. */
  news: JsonObject | undefined;
}

/** Makes a connection without subscriptions: nothing is sent before the first. */
export function createConnection<State, Message>(parts: ConnectionParts<State>): Connection<State, Message> {
  const { keeper, check, closing } = parts;
  const entries = new Set<Entry<State, Message>>();
  const statuses = createListeners<StatusEvent>();
  const tell = (event: StatusEvent): void => {
    statuses.emit(event);
    for (const { outlet } of [...entries]) outlet.status(event);
  };
  const poll = createPoll(parts, {
    items: (items) =>
      deliver(items, { receivers: entries, check, onEvent: keeper.adopt, onStatus: statuses.emit }),
    status: ({ event }) => {
      if (event.type === "disconnected" && event.error) keeper.feed({ type: "refused" });
      tell(event);
    },
    greeted: ({ targets, cursor, isBack }) => {
      for (const entry of entries) {
        if (isBack && entry.from) entry.listener?.onListening();
        else cover(entry, targets, cursor);
      }
    },
  });
  const refreshSoon = oncePerTurn(() => refresh(entries, keeper, poll));
  const close = (closed: Iterable<Entry<State, Message>>): Promise<void> => {
    for (const entry of closed) {
      entry.outlet.end();
      entries.delete(entry);
    }
    refreshSoon();
    return keeper.left();
  };
  return {
    status: () => poll.state.status,
    statuses,
    tell,
    subscribe: ({ state, ...wish }) => {
      closing.throwIfAborted();
      refuseConflicts(wish, entries);
      const checked = state === undefined ? undefined : check.outgoing(state);
      const outlet = createSubscription<State, Message>(() => close([entry]));
      const entry: Entry<State, Message> = { ...wish, outlet, from: undefined, news: undefined };
      entries.add(entry);
      const renew = (news: JsonObject | undefined): void => {
        entry.news = news;
        refreshSoon();
      };
      const isLater = checked instanceof Promise;
      renew(isLater ? undefined : checked);
      if (isLater) {
        checked.then(renew, (error) => {
          const [channel = ""] = namesOf(wish.coverage.seats).channels;
          const event: StatusEvent = { type: "invalid-state", channel, userId: parts.settings.userId, error };
          outlet.status(event);
          statuses.emit(event);
        });
      }
      return outlet.subscription;
    },
    disconnect: () => {
      poll.feed({ type: "disconnect" });
      keeper.feed({ type: "disconnect" });
      return keeper.left();
    },
    reconnect: () => {
      closing.throwIfAborted();
      poll.feed({ type: "reconnect" });
    },
    close: () => close(entries),
    hide: () => {
      // First the poll, which is aborted: what reaches the service after the leave might take the seats again.
      poll.feed({ type: "left" });
      keeper.leavePage();
    },
    wake: () => poll.feed({ type: "woke" }),
  };
}

/** Subscriptions that come and go in one turn are one change. */
function oncePerTurn(run: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      run();
    });
  };
}

type AnyEntry = Omit<SubscriptionWish, "state"> & { from: string | undefined; news: JsonObject | undefined };

/** Tells the machines what is subscribed to now. */
function refresh(entries: ReadonlySet<AnyEntry>, seats: SeatKeeper, poll: Poll): void {
  const all = (which: keyof Coverage, of: readonly AnyEntry[] = [...entries]): TargetSet =>
    new Set(of.flatMap(({ coverage }) => [...coverage[which]]));
  seats.feed({ type: "seats", seats: all("seats") });
  const withNews = [...entries].filter(({ news }) => news);
  for (const entry of withNews) {
    seats.feed({ type: "states", targets: entry.coverage.seats, state: entry.news });
    entry.news = undefined;
  }
  const filter = [...entries].find((entry) => entry.filter)?.filter;
  poll.feed({ type: "wish", wish: { targets: all("targets"), filter }, again: all("seats", withNews) });
  // Whoever asks for nothing new is covered already.
  const { cursor, greeted } = poll.state;
  for (const entry of entries) if (cursor) cover(entry, greeted, cursor);
}

/** Tells an entry from where on it is told what happens, once the poll covers it. */
function cover(entry: AnyEntry, covered: TargetSet, { timetoken }: Cursor): void {
  if (entry.from || minus(entry.coverage.targets, covered).size > 0) return;
  entry.from = timetoken;
  entry.listener?.onListening();
}

function refuseConflicts(
  wish: SubscriptionWish,
  entries: Iterable<{ readonly filter?: string | undefined }>,
): void {
  for (const { filter = wish.filter } of entries) {
    if (wish.filter === undefined || wish.filter === filter) continue;
    refuse(`filter "${wish.filter}" beside "${filter}": a client has one, a roster none`);
  }
}
