/** The one poll of a client: carries out what the subscribe machine says. */
import { type Driver, drive } from "./driver.ts";
import type { PresenceError } from "./error.ts";
import {
  initialSubscribeState,
  type SubscribeEffect,
  type SubscribeInput,
  type SubscribeState,
  stepSubscribe,
} from "./machine/subscribe.ts";
import type { Settings } from "./options.ts";
import type { Ask, Manner } from "./requests/ask.ts";
import { type PollAnswer, readPoll, subscribeQuestion } from "./requests/subscribe.ts";
import type { SeatKeeper } from "./seat-keeper.ts";
import { ignore } from "./turns.ts";

type EffectOf<Type> = Extract<SubscribeEffect, { readonly type: Type }>;

/** What the poll tells of itself: what it does not carry out alone. */
export interface PollListener {
  /** What an answer brought. The next poll waits for the promise, which never rejects. */
  items(items: readonly unknown[]): Promise<void>;
  status(effect: EffectOf<"status">): void;
  greeted(effect: EffectOf<"greeted">): void;
}

/** What a poll is made of. */
export interface PollParts {
  readonly settings: Settings<unknown>;
  readonly ask: Ask;
  readonly keeper: SeatKeeper;
}

/** A poll at work. */
export type Poll = Driver<SubscribeState, SubscribeInput>;

/** Servers hold polls for up to 300 seconds; one that takes longer is lost. */
const pollTimeoutMs = 310_000;

/** Makes a poll that asks for nothing yet. */
export function createPoll({ settings, ask, keeper }: PollParts, listener: PollListener): Poll {
  const { scheduling, backoff } = settings;
  /** Forgets what is under way. */
  let drop = ignore;
  let delivered = Promise.resolve();

  const send = (effect: EffectOf<"send">): void => {
    const controller = new AbortController();
    const { signal } = controller;
    if (!effect.cursor) keeper.feed({ type: "entering" });
    const answer = (manner?: Manner): Promise<PollAnswer> => {
      const question = subscribeQuestion(settings, effect, keeper.state.states);
      return ask(question, { ...manner, retries: 0 }).then(readPoll);
    };
    // A handshake is never aborted, only ignored: it is answered at once, and a leave has to come after it.
    const answered = effect.cursor
      ? delivered.then(() => answer({ signal, timeoutMs: pollTimeoutMs }))
      : keeper.enter(answer);
    drop = () => controller.abort();
    answered.then(
      ({ cursor, items }) => {
        if (signal.aborted) return;
        // After the step, so that whatever listeners do finds the poll where it is.
        delivered = delivered.then(() => listener.items(items));
        machine.feed({ type: "answered", cursor, items: items.length });
      },
      (error: PresenceError) => {
        if (!signal.aborted) machine.feed({ type: "failed", error });
      },
    );
  };
  const effects = {
    ...listener,
    drop: () => drop(),
    end: () => {
      drop();
      ask.end?.();
    },
    send,
    wait: ({ ms }: EffectOf<"wait">) => {
      drop = scheduling.after(ms, () => machine.feed({ type: "waited" }));
    },
  };
  const machine = drive<SubscribeState, SubscribeInput, SubscribeEffect>({
    initial: initialSubscribeState,
    step: (state, input) =>
      stepSubscribe(state, input, { now: scheduling.now(), dice: scheduling.random(), backoff }),
    effects,
  });
  return machine;
}
