/** A channel's picture at work: what `machine/roster.ts` decides is done here, with the client's requests and timers. */
import type { Off, PresenceEvent, RosterSnapshot } from "./api.ts";
import { backoffMs, mayPass } from "./backoff.ts";
import { PresenceError } from "./error.ts";
import type { ClientCore } from "./internal.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import {
  initialRosterState,
  isBare,
  type RosterActivity,
  type RosterInput,
  stepRoster,
} from "./machine/roster.ts";
import { presenceSuffix } from "./machine/targets.ts";

/** What readers have of a channel's picture. */
export interface RosterWatch<State> {
  snapshot(): RosterSnapshot<State>;
  /** Why the snapshot will not become complete, as far as one knows. */
  problem(): PresenceError | undefined;
  /** Called when there is another snapshot. */
  readonly changes: Listeners<void>;
  /** Resolves when something has happened, or with the next `wake`. */
  change(): Promise<void>;
  wake(): void;
  close(): Promise<void>;
}

/** Between failures, and while events keep missing. */
const backoff = { baseMs: 500, maxMs: 30_000 };

/** Starts to watch a channel. */
export function openRosterWatch<State>(core: ClientCore<State>, channel: string): RosterWatch<State> {
  const { scheduling } = core;
  const changes = createListeners<void>();
  const waiting = new Set<() => void>();
  let state = initialRosterState<State>(channel);
  let failure: PresenceError | undefined;
  let batch: PresenceEvent<State>[] = [];
  let stop: Off = () => {};

  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const step = (input: RosterInput<State>): void => {
    const { snapshot, activity } = state;
    state = stepRoster(state, input, scheduling.now());
    if (state.activity !== activity) {
      stop();
      stop = start(state.activity);
    }
    if (state.snapshot !== snapshot) changes.emit();
    wake();
  };
  /** What one answer of the poll brought is one step, and one copy; and it comes before what came after it. */
  const flush = (): void => {
    const events = batch;
    batch = [];
    if (events.length > 0) step({ type: "events", events });
  };
  const feed = (input: RosterInput<State>, error?: PresenceError): void => {
    flush();
    if (input.type === "page" || error) failure = error;
    step(input);
  };
  /** Starts what is to be under way. Calling what it returns ends it, and nothing comes of it then. */
  const start = (activity: RosterActivity): Off => {
    if (activity.type === "rest") return () => {};
    if (activity.type === "fetch") return startFetch(core, { channel, next: activity.next, feed });
    const how = { dice: scheduling.random(), error: failure };
    const ms = activity.ms ?? backoffMs(backoff, state.tries, how);
    return scheduling.after(ms, () => feed({ type: "waited" }));
  };

  const subscription = core.subscribePresence(channel, "watch", {
    onListening: () => feed({ type: "listening" }),
    onDelivered: flush,
  });
  subscription.onPresence((event) => batch.push(event));
  subscription.onStatus((event) => {
    if (event.type === "gap" && event.channels.includes(channel + presenceSuffix))
      feed({ type: "listening" });
  });
  return {
    snapshot: () => state.snapshot,
    problem: () => {
      if (failure && !mayPass(failure)) return failure;
      if (!isBare(state)) return undefined;
      return new PresenceError("refused", "Without revisions no roster is complete.");
    },
    changes,
    change: () => new Promise((resolve) => waiting.add(resolve)),
    wake,
    close: () => {
      stop();
      batch = [];
      return subscription.close();
    },
  };
}

interface Fetching<State> {
  readonly channel: string;
  readonly next: string | undefined;
  readonly feed: (input: RosterInput<State>, error?: PresenceError) => void;
}

function startFetch<State>(core: ClientCore<State>, { channel, next, feed }: Fetching<State>): Off {
  const controller = new AbortController();
  const { signal } = controller;
  core.fetchPage({ channel, signal, next }).then(
    (page) => signal.aborted || feed({ type: "page", page }),
    (thrown: unknown) => signal.aborted || feed({ type: "failed" }, PresenceError.from(thrown)),
  );
  return () => controller.abort();
}
