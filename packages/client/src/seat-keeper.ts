/**
 * Keeps the user's seats: carries out what the presence machine says.
 *
 * Requests that take seats and requests that give them up must not overtake each other: a leave that arrives before the
 * handshake would leave the user behind until its time is up. So a leave waits for what takes seats and is under way, and
 * what takes seats waits for leaves.
 */
import type { JsonObject } from "./api.ts";
import { type Driver, drive } from "./driver.ts";
import type { RawEvent } from "./events.ts";
import { isPlainObject } from "./json.ts";
import {
  initialPresenceState,
  type PresenceEffect,
  type PresenceInput,
  type PresenceState,
  stepPresence,
} from "./machine/presence.ts";
import { minus, noTargets, type TargetSet } from "./machine/targets.ts";
import type { Settings } from "./options.ts";
import type { Caller } from "./requests/call.ts";
import { heartbeatCall, leaveCall } from "./requests/heartbeat.ts";

/** The user's seats, kept. */
export interface SeatKeeper {
  readonly machine: Driver<PresenceState, PresenceInput>;
  /** Sends what takes seats, in its turn. */
  enter<Result>(send: () => Promise<Result>): Promise<Result>;
  /** Sends what sets the own state, and remembers the state where the user sits, unless that fails. */
  setState<Result>(targets: TargetSet, state: JsonObject, send: () => Promise<Result>): Promise<Result>;
  /** Remembers the own state that an event tells of, where one is remembered: another device may have set it. */
  adopt(event: RawEvent): void;
  /** Resolves when no leave is under way any more, whatever became of it. */
  left(): Promise<void>;
  /** Leaves by a request that outlives the page. */
  leavePage(): void;
}

/** How long a leave waits for what takes seats, in milliseconds. */
const patienceMs = 3_000;

const ignore = (): void => {};

/** Makes the keeper of a client's seats. */
export function createSeatKeeper(settings: Settings<unknown>, call: Caller): SeatKeeper {
  const { subscribeKey, presenceTimeoutSeconds, heartbeatMs, scheduling } = settings;
  const entering = new Set<Promise<unknown>>();
  let leaving: Promise<void> = Promise.resolve();
  let isBeating = false;
  let settingStates = 0;
  let disarm = ignore;

  const enter = <Result>(send: () => Promise<Result>): Promise<Result> => {
    const sent = leaving.then(send);
    entering.add(sent);
    const done = (): void => {
      entering.delete(sent);
    };
    sent.then(done, done);
    return sent;
  };
  const beat = (effect: Extract<PresenceEffect, { type: "heartbeat" }>): void => {
    if (isBeating) return;
    isBeating = true;
    const done = (): void => {
      isBeating = false;
    };
    // The poll notices by itself when the service is away, and heartbeats go on.
    enter(() => call(heartbeatCall(subscribeKey, { ...effect, presenceTimeoutSeconds }))).then(done, done);
  };
  /** Waits for what takes seats, but not for ever. */
  const settled = (sent: readonly Promise<unknown>[]): Promise<void> =>
    new Promise((resolve) => {
      const cancel = scheduling.after(patienceMs, resolve);
      void Promise.allSettled(sent).then(() => {
        cancel();
        resolve();
      });
    });
  const leave = async (seats: TargetSet, before: readonly Promise<unknown>[]): Promise<void> => {
    if (before.length > 0) await settled(before);
    const { state } = machine;
    const unneeded = minus(seats, state.isIn ? state.seats : noTargets);
    if (unneeded.size > 0) await call(leaveCall(subscribeKey, unneeded));
  };
  const run = (effect: PresenceEffect): void => {
    switch (effect.type) {
      case "heartbeat":
        return beat(effect);
      case "leave": {
        // Only what is under way now: what comes later waits for this.
        const before = [...entering];
        // The seats run to their deadline when it fails.
        leaving = leaving.then(() => leave(effect.seats, before)).catch(ignore);
        return;
      }
      case "arm":
        disarm();
        disarm = scheduling.after(heartbeatMs, () => machine.feed({ type: "due" }));
        return;
      case "disarm":
        return disarm();
    }
  };
  const keep = (targets: TargetSet, state: JsonObject | undefined): void =>
    machine.feed({ type: "states", targets, state });
  const machine = drive({ initial: initialPresenceState, step: stepPresence, run });
  return {
    machine,
    enter,
    left: async () => {
      // What was asked for in this turn comes first.
      await null;
      await leaving;
    },
    setState: async (targets, state, send) => {
      const before = machine.state.states;
      // Before it is sent: a heartbeat that follows must not bring the old one back.
      keep(targets, state);
      settingStates += 1;
      try {
        return await send();
      } catch (thrown) {
        for (const target of targets) {
          if (machine.state.states.get(target) === state) keep(new Set([target]), before.get(target));
        }
        throw thrown;
      } finally {
        settingStates -= 1;
      }
    },
    adopt: (event) => {
      if (event.type !== "presence" || event.action !== "state-change" || event.userId !== settings.userId)
        return;
      const target = `c${event.channel}` as const;
      if (settingStates > 0 || !machine.state.states.has(target)) return;
      keep(new Set([target]), isPlainObject(event.state) ? (event.state as JsonObject) : undefined);
    },
    leavePage: () => {
      const { isIn, seats } = machine.state;
      if (isIn) call({ ...leaveCall(subscribeKey, seats), retries: 0, keepalive: true }).catch(ignore);
    },
  };
}
