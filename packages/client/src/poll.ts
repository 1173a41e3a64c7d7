/** The one poll of a client: carries out what the subscribe machine says. */
import type { StatusEvent } from "./api.ts";
import { type Driver, drive } from "./driver.ts";
import type { PresenceError } from "./error.ts";
import type { States } from "./machine/presence.ts";
import {
  initialSubscribeState,
  type SubscribeEffect,
  type SubscribeInput,
  type SubscribeState,
  stepSubscribe,
} from "./machine/subscribe.ts";
import type { Settings } from "./options.ts";
import type { Caller } from "./requests/call.ts";
import { type PollAnswer, subscribeCall } from "./requests/subscribe.ts";
import type { SeatKeeper } from "./seat-keeper.ts";

const noStates: States = new Map();

/** What the poll tells of itself. */
export interface PollListener {
  /** What an answer brought. The next poll waits for the promise, which never rejects. */
  onItems(items: readonly unknown[]): Promise<void>;
  onStatus(event: StatusEvent): void;
  onGreeted(effect: Extract<SubscribeEffect, { readonly type: "greeted" }>): void;
}

/** What a poll is made of. */
export interface PollParts {
  readonly settings: Settings<unknown>;
  readonly call: Caller;
  readonly keeper: SeatKeeper;
}

/** Makes a poll that asks for nothing yet. */
export function createPoll(
  { settings, call, keeper }: PollParts,
  { onItems, onStatus, onGreeted }: PollListener,
): Driver<SubscribeState, SubscribeInput> {
  const { scheduling, backoff, subscribeKey, presenceTimeoutSeconds } = settings;
  /** Forgets what is under way. */
  let drop = (): void => {};
  let delivered: Promise<void> = Promise.resolve();

  const begin = (answer: Promise<PollAnswer>, onDrop: () => void): void => {
    let isCurrent = true;
    drop = () => {
      isCurrent = false;
      onDrop();
    };
    const dice = scheduling.random();
    answer.then(
      ({ cursor, items }) => {
        if (!isCurrent) return;
        // After the step, so that whatever listeners do finds the poll where it is.
        delivered = delivered.then(() => onItems(items));
        machine.feed({ type: "answered", cursor, items: items.length, dice });
      },
      (error: PresenceError) => {
        if (isCurrent) machine.feed({ type: "failed", error, dice });
      },
    );
  };
  const run = (effect: SubscribeEffect): void => {
    switch (effect.type) {
      case "drop":
        return drop();
      case "handshake":
        keeper.machine.feed({ type: "entering" });
        return begin(
          keeper.enter(() => {
            const { states } = keeper.machine.state;
            return call(
              subscribeCall(subscribeKey, { ...effect, cursor: undefined, states, presenceTimeoutSeconds }),
            );
          }),
          () => {},
        );
      case "poll": {
        const controller = new AbortController();
        const poll = { ...effect, states: noStates, presenceTimeoutSeconds };
        const signals = [controller.signal];
        // A state in a poll would be set when it arrives, and may be old by then. Handshakes and heartbeats tell states.
        return begin(
          delivered.then(() => call({ ...subscribeCall(subscribeKey, poll), signals })),
          () => controller.abort(),
        );
      }
      case "wait":
        drop = scheduling.after(effect.ms, () => machine.feed({ type: "waited" }));
        return;
      case "greeted":
        return onGreeted(effect);
      case "status":
        return onStatus(effect.event);
    }
  };
  const machine = drive<SubscribeState, SubscribeInput, SubscribeEffect>({
    initial: initialSubscribeState,
    step: (state, input) => stepSubscribe(state, input, { now: scheduling.now(), backoff }),
    run,
  });
  return machine;
}
