/** A client's core in the test's hand: it says when it listens, what comes, which page is answered how, and what time it is. */
import type { PresenceEvent, Subscription } from "../../src/api.ts";
import type { ClientCore, ListeningListener, RosterPage, RosterPageOptions } from "../../src/internal.ts";
import type { Mood } from "./roster-inputs.ts";

/** A page that was asked for. */
export interface AskedPage extends RosterPageOptions {
  answer(page: RosterPage<Mood>): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** A core, and what was asked of it. */
export interface FakeCore extends ClientCore<Mood> {
  /** `watch room`, `join room`, in the order they came; taken out when closed. */
  readonly subscriptions: readonly string[];
  readonly asked: readonly AskedPage[];
  /** Says that the poll covers the channel. */
  listen(): Promise<void>;
  /** Hands these over as one answer of the poll. */
  tell(...events: readonly PresenceEvent<Mood>[]): Promise<void>;
  /** Milliseconds until the timers that are set. */
  readonly timers: readonly number[];
  /** Runs the timer that is set. */
  ring(): Promise<void>;
}

interface Subscribed {
  readonly name: string;
  readonly listener: ListeningListener;
  readonly presence: Set<(event: PresenceEvent<Mood>) => void>;
}

/** Lets promises come to rest. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}

/** Makes a core that does nothing by itself. */
export function createFakeCore(): FakeCore {
  const subscribed = new Set<Subscribed>();
  const asked: AskedPage[] = [];
  const timers = new Map<() => void, number>();
  return {
    subscribePresence: (channel, join, listener) => {
      const entry: Subscribed = { name: `${join} ${channel}`, listener, presence: new Set() };
      subscribed.add(entry);
      return subscription(entry, () => subscribed.delete(entry));
    },
    fetchPage: (options) =>
      new Promise((resolve, reject) => {
        const settled = async (settleIt: () => void): Promise<void> => {
          settleIt();
          await settle();
        };
        asked.push({
          ...options,
          answer: (page) => settled(() => resolve(page)),
          fail: (error) => settled(() => reject(error)),
        });
      }),
    scheduling: {
      now: () => 5_000_000,
      after: (ms, run) => {
        timers.set(run, ms);
        return () => timers.delete(run);
      },
      random: () => 0,
    },
    get subscriptions() {
      return [...subscribed].map(({ name }) => name);
    },
    asked,
    listen: async () => {
      for (const { listener } of subscribed) listener.onListening();
      await settle();
    },
    tell: async (...events) => {
      for (const event of events) {
        for (const { presence } of subscribed) for (const tell of presence) tell(event);
        // A schema may take its time between them.
        await settle();
      }
      for (const { listener } of subscribed) listener.onDelivered();
      await settle();
    },
    get timers() {
      return [...timers.values()];
    },
    ring: async () => {
      const due = [...timers.keys()];
      timers.clear();
      for (const run of due) run();
      await settle();
    },
  };
}

function subscription({ presence }: Subscribed, end: () => void): Subscription<Mood, unknown> {
  const close = async (): Promise<void> => end();
  return {
    onMessage: () => () => {},
    onPresence: (listener) => {
      presence.add(listener);
      return () => presence.delete(listener);
    },
    onStatus: () => () => {},
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => {
      throw new Error("A roster listens; it does not iterate.");
    },
  };
}
