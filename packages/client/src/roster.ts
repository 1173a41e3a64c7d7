/** Rosters: a handle for each reader, and one picture of each channel (`roster-watch.ts`) that they share. */
import type { CallOptions, Roster, RosterSnapshot, Subscription } from "./api.ts";
import { PresenceError } from "./error.ts";
import type { ClientCore, SharedRosters } from "./internal.ts";
import { createListeners } from "./listeners.ts";
import { abortError } from "./requests/ask.ts";
import { openRosterWatch, type RosterWatch } from "./roster-watch.ts";
import { ignore } from "./turns.ts";

/** The rosters of a client. */
export function shareRosters<State>(core: ClientCore<State>): SharedRosters<State> {
  const shared = new Map<string, { readonly watch: RosterWatch<State>; readers: number }>();
  const rosters = new Set<Roster<State>>();
  return {
    open: (channel, { join }) => {
      const entry = shared.get(channel) ?? { watch: openRosterWatch(core, channel), readers: 0 };
      shared.set(channel, entry);
      entry.readers++;
      const seat = join === "join" ? takeSeat(core, channel) : undefined;
      const roster = createRoster(entry.watch, async () => {
        rosters.delete(roster);
        const isLast = --entry.readers === 0;
        if (isLast) shared.delete(channel);
        await Promise.all([seat?.close(), isLast && entry.watch.close()]);
      });
      rosters.add(roster);
      return roster;
    },
    close: () => {
      for (const roster of rosters) void roster.close();
    },
  };
}

/** Sits in a channel, and hears nothing of it: the watch does. */
function takeSeat<State>(core: ClientCore<State>, channel: string): Subscription<State, unknown> {
  const seat = core.subscribePresence(channel, "join", { onListening: ignore, onDelivered: ignore });
  // With a listener nothing is kept for an iteration that never comes.
  seat.onPresence(ignore);
  return seat;
}

function createRoster<State>(watch: RosterWatch<State>, release: () => Promise<void>): Roster<State> {
  const listeners = createListeners<void>();
  const off = watch.changes.add(listeners.emit);
  let closing: Promise<void> | undefined;
  const isClosed = (): boolean => closing !== undefined;
  const close = (): Promise<void> => {
    if (!closing) {
      off();
      closing = release();
      watch.wake();
    }
    return closing;
  };
  return {
    get snapshot() {
      return watch.snapshot();
    },
    subscribe: listeners.add,
    ready: (options = {}) => whenComplete(watch, isClosed, options),
    [Symbol.asyncIterator]: () => iterate(watch, isClosed),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function whenComplete<State>(
  watch: RosterWatch<State>,
  isClosed: () => boolean,
  { signal }: CallOptions,
): Promise<RosterSnapshot<State>> {
  signal?.addEventListener("abort", watch.wake);
  try {
    for (;;) {
      if (signal?.aborted) throw abortError([signal]);
      if (isClosed()) throw new PresenceError("closed", "The roster is closed.");
      const snapshot = watch.snapshot();
      if (snapshot.complete) return snapshot;
      const problem = watch.problem();
      if (problem) throw problem;
      await watch.change();
    }
  } finally {
    signal?.removeEventListener("abort", watch.wake);
  }
}

/** Whoever is slow gets the newest: there is no queue. */
function iterate<State>(
  watch: RosterWatch<State>,
  isClosed: () => boolean,
): AsyncIterator<RosterSnapshot<State>> {
  let last: RosterSnapshot<State> | undefined;
  let isLeft = false;
  const isOver = (): boolean => isLeft || isClosed();
  return {
    next: async () => {
      const isOld = ({ at } = watch.snapshot()): boolean => at === 0 || watch.snapshot() === last;
      while (!isOver() && isOld()) await watch.change();
      if (isOver()) return { done: true, value: undefined };
      last = watch.snapshot();
      return { done: false, value: last };
    },
    return: async () => {
      isLeft = true;
      watch.wake();
      return { done: true, value: undefined };
    },
  };
}
