/** Rosters: a handle for each reader, and one picture of each channel (`roster-watch.ts`) that they share. */
import type { CallOptions, Roster, RosterSnapshot } from "./api.ts";
import { PresenceError } from "./error.ts";
import type { ClientCore, Rosters } from "./internal.ts";
import { createListeners } from "./listeners.ts";
import { openRosterWatch, type RosterWatch } from "./roster-watch.ts";

/** The rosters of a client. */
export function createRosters<State>(core: ClientCore<State>): Rosters<State> {
  const shared = new Map<string, { readonly watch: RosterWatch<State>; readers: number }>();
  const rosters = new Set<Roster<State>>();
  return {
    open: (channel, { join }) => {
      const entry = shared.get(channel) ?? { watch: openRosterWatch(core, channel), readers: 0 };
      shared.set(channel, entry);
      entry.readers++;
      const seat = join === "join" ? core.subscribePresence(channel, join, () => {}) : undefined;
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

/** What a handle's waiting parts go by. */
interface Reading<State> {
  readonly snapshot: () => RosterSnapshot<State>;
  readonly isClosed: () => boolean;
  readonly problem: () => PresenceError | undefined;
  /** Resolves when any of these may have changed. */
  readonly change: () => Promise<void>;
  readonly wake: () => void;
}

function createRoster<State>(watch: RosterWatch<State>, release: () => Promise<void>): Roster<State> {
  const listeners = createListeners<void>();
  const waiting = new Set<() => void>();
  let snapshot = watch.snapshot();
  let closing: Promise<void> | undefined;

  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const off = watch.onChange(() => {
    const before = snapshot;
    snapshot = watch.snapshot();
    wake();
    if (snapshot !== before) listeners.emit();
  });
  const close = (): Promise<void> => {
    if (closing === undefined) {
      off();
      listeners.clear();
      closing = release();
      wake();
    }
    return closing;
  };
  const reading: Reading<State> = {
    snapshot: () => snapshot,
    isClosed: () => closing !== undefined,
    problem: watch.problem,
    change: () => new Promise((resolve) => waiting.add(resolve)),
    wake,
  };
  return {
    get snapshot() {
      return snapshot;
    },
    subscribe: (listener) => (closing === undefined ? listeners.add(listener) : () => {}),
    ready: (options = {}) => whenComplete(reading, options),
    [Symbol.asyncIterator]: () => iterate(reading),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function whenComplete<State>(
  { snapshot, isClosed, problem, change, wake }: Reading<State>,
  { signal }: CallOptions,
): Promise<RosterSnapshot<State>> {
  signal?.addEventListener("abort", wake);
  try {
    for (;;) {
      if (signal?.aborted) {
        throw new PresenceError("aborted", "The wait for the roster was given up.", { cause: signal.reason });
      }
      if (isClosed()) throw new PresenceError("closed", "The roster is closed.");
      if (snapshot().complete) return snapshot();
      const error = problem();
      if (error !== undefined) throw error;
      await change();
    }
  } finally {
    signal?.removeEventListener("abort", wake);
  }
}

/** Whoever is slow gets the newest: there is no queue. */
function iterate<State>({
  snapshot,
  isClosed,
  change,
  wake,
}: Reading<State>): AsyncIterator<RosterSnapshot<State>> {
  let last: RosterSnapshot<State> | undefined;
  let isOver = false;
  return {
    next: async () => {
      for (;;) {
        if (isOver || isClosed()) return { done: true, value: undefined };
        const value = snapshot();
        if (value !== last && value.at > 0) {
          last = value;
          return { done: false, value };
        }
        await change();
      }
    },
    return: async () => {
      isOver = true;
      wake();
      return { done: true, value: undefined };
    },
  };
}
