/**
 * Where the user sits, with which states, and when to say so. Pure: what is to be done comes out as data.
 *
 * Seats are taken by the handshake of the poll (`subscribe.ts`); here they are kept by heartbeats and given up.
 */
import type { JsonObject } from "../api.ts";
import { minus, noTargets, type Target, type TargetSet } from "./targets.ts";

/** States by channel or group; `undefined` where it is cleared. */
export type States = ReadonlyMap<Target, JsonObject>;

/** All there is to know about the user's seats. */
export interface PresenceState {
  /** Channels and groups that somebody subscribes to: there the user is to sit. */
  readonly seats: TargetSet;
  /** What the user's states there are, as far as this client set them. */
  readonly states: States;
  /** Whether the seats may have been taken and were not given up as a whole since. */
  readonly isIn: boolean;
}

/** What can happen. */
export type PresenceInput =
  /** The user is to sit here and nowhere else. */
  | { readonly type: "seats"; readonly seats: TargetSet }
  /** The user's states in some of the seats are these from now on; `undefined` forgets them. */
  | { readonly type: "states"; readonly targets: TargetSet; readonly state: JsonObject | undefined }
  /** A handshake is sent, which takes or renews the seats. */
  | { readonly type: "entering" }
  /** The heartbeat interval is over. */
  | { readonly type: "due" }
  /** Give up all seats, but know them. */
  | { readonly type: "disconnect" }
  /** The server refuses this client: a heartbeat would be refused, too. */
  | { readonly type: "refused" };

/** What is to be done, in this order. */
export type PresenceEffect =
  | { readonly type: "heartbeat"; readonly seats: TargetSet; readonly states: States }
  /** Give up these, unless they are needed again by the time this is sent. */
  | { readonly type: "leave"; readonly seats: TargetSet }
  /** Be due after the heartbeat interval, and not at any time that was said before. */
  | { readonly type: "arm" }
  | { readonly type: "disarm" };

/** What is known then, and what is to be done. */
export interface PresenceStep {
  readonly state: PresenceState;
  readonly effects: readonly PresenceEffect[];
}

/** Before the user sits anywhere. */
export const initialPresenceState: PresenceState = { seats: noTargets, states: new Map(), isIn: false };

/** One step. */
export function stepPresence(before: PresenceState, input: PresenceInput): PresenceStep {
  const { seats, states, isIn } = before;
  const leave = (from: TargetSet): readonly PresenceEffect[] =>
    isIn && from.size > 0 ? [{ type: "leave", seats: from }] : [];
  switch (input.type) {
    case "seats": {
      const next = input.seats;
      const isEmpty = next.size === 0;
      return {
        state: {
          seats: next,
          states: new Map([...states].filter(([target]) => next.has(target))),
          isIn: isIn && !isEmpty,
        },
        effects: [...(isEmpty ? [disarm] : []), ...leave(minus(seats, next))],
      };
    }
    case "states": {
      const next = new Map(states);
      for (const target of input.targets) {
        if (!input.state) next.delete(target);
        else if (seats.has(target)) next.set(target, input.state);
      }
      return { state: { ...before, states: next }, effects: [] };
    }
    case "entering":
      return { state: { ...before, isIn: seats.size > 0 }, effects: seats.size > 0 ? [arm] : [] };
    case "due":
      return {
        state: before,
        effects: isIn ? [{ type: "heartbeat", seats, states }, arm] : [],
      };
    case "disconnect":
      return { state: { ...before, isIn: false }, effects: [disarm, ...leave(seats)] };
    case "refused":
      return { state: before, effects: [disarm] };
  }
}

const arm: PresenceEffect = { type: "arm" };
const disarm: PresenceEffect = { type: "disarm" };
