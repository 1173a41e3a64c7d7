/** A channel's picture at work: what `machine/roster.ts` decides is done here, with the client's requests and timers. */
import type { Off, PresenceEvent, RosterSnapshot } from "./api.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { PresenceError, type PresenceErrorCode } from "./error.ts";
import type { ClientCore } from "./internal.ts";
import { createListeners } from "./listeners.ts";
import { initialRosterState, type RosterActivity, type RosterInput, stepRoster } from "./machine/roster.ts";

/** Between failures, and while events keep missing. */
const backoff: Backoff = { baseMs: 500, maxMs: 30_000 };

/** The events that led up to a page are on their way when it comes: they take no longer than this. */
const catchUpMs = 5_000;

/** Without revisions: longer than servers keep answers of here now. PubNub keeps them for three seconds. */
const settleMs = 4_000;

/** Failures that trying again will hardly cure: whoever waits for the roster is told. */
const lasting: ReadonlySet<PresenceErrorCode> = new Set(["refused", "denied", "malformed-reply"]);

/** What readers have of a channel's picture. */
export interface RosterWatch<State> {
  snapshot(): RosterSnapshot<State>;
  /** Why the snapshot will not become complete, as far as one knows. */
  problem(): PresenceError | undefined;
  /** Calls the listener when the snapshot may have changed, or the problem. */
  onChange(listener: () => void): Off;
  close(): Promise<void>;
}

/** Starts to watch a channel. */
export function openRosterWatch<State>(core: ClientCore<State>, channel: string): RosterWatch<State> {
  const changes = createListeners<void>();
  let state = initialRosterState<State>(channel);
  let failure: PresenceError | undefined;
  let cancel: Off = () => {};
  let batch: PresenceEvent<State>[] = [];

  const step = (input: RosterInput<State>): void => {
    const before = state;
    state = stepRoster(state, input, core.scheduling.now());
    if (state.activity !== before.activity) {
      cancel();
      cancel = startActivity(core, { channel, activity: state.activity, failure, feed });
    }
    changes.emit();
  };
  const flush = (): void => {
    const events = batch;
    batch = [];
    if (events.length > 0) step({ type: "events", events });
  };
  const feed = (input: RosterInput<State>, error?: PresenceError): void => {
    flush();
    if (input.type === "page" || error !== undefined) failure = error;
    step(input);
  };

  const subscription = core.subscribePresence(channel, "watch", () => feed({ type: "listening" }));
  subscription.onPresence((event) => {
    // What one answer of the poll brings comes in one go: it becomes one step, and one copy.
    if (batch.push(event) === 1) queueMicrotask(flush);
  });
  subscription.onStatus(({ type }) => {
    if (type === "events-dropped") feed({ type: "dropped" });
  });
  return {
    snapshot: () => state.snapshot,
    problem: () => {
      if (failure !== undefined && lasting.has(failure.code)) return failure;
      const { picture, activity } = state;
      if (picture.at === 0 || picture.epoch !== undefined || activity.type === "fetch") return undefined;
      return new PresenceError("refused", "The server gives no revisions: nothing proves a roster complete.");
    },
    onChange: changes.add,
    close: () => {
      cancel();
      batch = [];
      changes.clear();
      return subscription.close();
    },
  };
}

interface Doing<State> {
  readonly channel: string;
  readonly activity: RosterActivity;
  /** Why fetching failed last, when it did. */
  readonly failure: PresenceError | undefined;
  readonly feed: (input: RosterInput<State>, error?: PresenceError) => void;
}

/** Starts what is to be under way. Calling what it returns ends it; nothing comes of it then. */
function startActivity<State>(core: ClientCore<State>, doing: Doing<State>): Off {
  const { activity, feed } = doing;
  if (activity.type === "rest") return () => {};
  if (activity.type === "fetch") return startFetch(core, doing, activity.next);
  return core.scheduling.after(waitMs(core, activity, doing.failure), () => feed({ type: "waited" }));
}

function waitMs<State>(
  { scheduling }: ClientCore<State>,
  activity: Exclude<RosterActivity, { readonly type: "rest" | "fetch" }>,
  error: PresenceError | undefined,
): number {
  if (activity.type === "settle") return settleMs;
  if (activity.type === "catch-up") return catchUpMs;
  return backoffMs(backoff, activity.failures, { dice: scheduling.random(), ...(error && { error }) });
}

function startFetch<State>(
  core: ClientCore<State>,
  { channel, feed }: Doing<State>,
  next: string | undefined,
): Off {
  const controller = new AbortController();
  const { signal } = controller;
  core.fetchPage({ channel, signal, ...(next !== undefined && { next }) }).then(
    (page) => {
      if (!signal.aborted) feed({ type: "page", page });
    },
    (thrown: unknown) => {
      if (!signal.aborted) feed({ type: "failed" }, PresenceError.from(thrown));
    },
  );
  return () => controller.abort();
}
