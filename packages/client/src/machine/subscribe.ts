/**
 * The one poll of a client: what it does next, given what has happened. Pure: what is to be done comes out as data.
 *
 * Channels are entered by a handshake, which is answered at once, takes the seats and tells whether the service is there.
 * After it comes a poll from the cursor, and another, until something happens. After a failure, and for new channels,
 * there is another handshake, but the cursor stays: nothing that happened meanwhile is missed.
 */
import type { ConnectionStatus, StatusEvent } from "../api.ts";
import { type Backoff, backoffMs } from "../backoff.ts";
import type { PresenceError, PresenceErrorCode } from "../error.ts";
import { common, isWithin, minus, noTargets, type TargetSet, union } from "./targets.ts";

/** Where the poll goes on: a timetoken, and the region it came from. */
export interface Cursor {
  readonly timetoken: string;
  readonly region: number;
}

/** What is asked for. */
export interface Wish {
  readonly targets: TargetSet;
  readonly filter: string | undefined;
}

/** All there is to know about the poll. */
export interface SubscribeState {
  readonly status: ConnectionStatus;
  /** What is under way. */
  readonly phase: "idle" | "handshake" | "poll" | "wait";
  /** Whether nothing is done until `reconnect`; after a refusal, also until something else is asked for. */
  readonly halt: "no" | "requested" | "refused";
  readonly wish: Wish;
  /** What the handshake under way asks for. */
  readonly asked: TargetSet;
  /** What a handshake has been answered for. */
  readonly greeted: TargetSet;
  readonly cursor: Cursor | undefined;
  /** Failures since the last success. */
  readonly failures: number;
  /** Polls in a row that were sent home at once. */
  readonly sentHome: number;
  /** When what is under way began. */
  readonly since: number;
}

/** What can happen. */
export type SubscribeInput =
  /** Something else is asked for; `again` are targets to enter anew, because there is a state to tell. */
  | { readonly type: "wish"; readonly wish: Wish; readonly again: TargetSet }
  /** The handshake or the poll was answered. */
  | { readonly type: "answered"; readonly cursor: Cursor; readonly items: number; readonly dice: number }
  /** The handshake or the poll failed. */
  | { readonly type: "failed"; readonly error: PresenceError; readonly dice: number }
  /** The wait is over. */
  | { readonly type: "waited" }
  /** The seats were given up without asking the machine: the page is being left. */
  | { readonly type: "left" }
  /** Time may have passed unseen. */
  | { readonly type: "woke" }
  | { readonly type: "disconnect" }
  | { readonly type: "reconnect" };

/** What is to be done, in this order. */
export type SubscribeEffect =
  /** Forget what is under way: cancel the wait, abort the poll, ignore the handshake's answer. */
  | { readonly type: "drop" }
  | { readonly type: "handshake"; readonly wish: Wish }
  | { readonly type: "poll"; readonly wish: Wish; readonly cursor: Cursor }
  | { readonly type: "wait"; readonly ms: number }
  /** A handshake was answered; `isBack` when the connection was not there before. */
  | {
      readonly type: "greeted";
      readonly targets: TargetSet;
      readonly cursor: Cursor;
      readonly isBack: boolean;
    }
  | { readonly type: "status"; readonly event: StatusEvent };

/** What is known then, and what is to be done. */
export interface SubscribeStep {
  readonly state: SubscribeState;
  readonly effects: readonly SubscribeEffect[];
}

/** What stays the same: the time of the input, and how delays grow. */
export interface SubscribeContext {
  readonly now: number;
  readonly backoff: Backoff;
}

/** Before anything is asked for. */
export const initialSubscribeState: SubscribeState = {
  status: "disconnected",
  phase: "idle",
  halt: "no",
  wish: { targets: noTargets, filter: undefined },
  asked: noTargets,
  greeted: noTargets,
  cursor: undefined,
  failures: 0,
  sentHome: 0,
  since: 0,
};

/** A poll that came back empty within this time was sent home. */
const sentHomeMs = 1_000;
/** So many times in a row is fine: a group changed, the server stops. More would be a loop without a pause. */
const sentHomeMax = 3;
/** A poll that is younger than this when the page wakes is still good. */
const freshMs = 2_000;

const final: ReadonlySet<PresenceErrorCode> = new Set(["refused", "denied", "invalid-argument"]);

/** One step. */
export function stepSubscribe(
  state: SubscribeState,
  input: SubscribeInput,
  context: SubscribeContext,
): SubscribeStep {
  switch (input.type) {
    case "wish":
      return wished(state, input, context);
    case "answered":
      return state.phase === "handshake" ? greeted(state, input, context) : polled(state, input, context);
    case "failed":
      return failed(state, input, context);
    case "waited":
      return go(state, context);
    case "left":
      return { state: { ...state, greeted: noTargets }, effects: [] };
    case "woke":
      return woke(state, context);
    case "disconnect":
      return halted(state, "requested", undefined);
    case "reconnect":
      return reconnect(state, context);
  }
}

/** Does what is next: a handshake for whatever has had none, else a poll. */
function go(state: SubscribeState, { now }: SubscribeContext): SubscribeStep {
  const { wish, greeted, cursor, status } = state;
  const isOn = status !== "disconnected";
  const effects: SubscribeEffect[] = isOn ? [] : [{ type: "status", event: { type: "connecting" } }];
  const next: SubscribeState = { ...state, status: isOn ? status : "connecting", halt: "no", since: now };
  if (cursor !== undefined && isWithin(wish.targets, greeted)) {
    return { state: { ...next, phase: "poll" }, effects: [...effects, { type: "poll", wish, cursor }] };
  }
  return {
    state: { ...next, phase: "handshake", asked: wish.targets },
    effects: [...effects, { type: "handshake", wish }],
  };
}

function dropAndGo(state: SubscribeState, context: SubscribeContext): SubscribeStep {
  const { state: next, effects } = go(state, context);
  return { state: next, effects: [{ type: "drop" }, ...effects] };
}

function wished(
  state: SubscribeState,
  { wish, again }: { readonly wish: Wish; readonly again: TargetSet },
  context: SubscribeContext,
): SubscribeStep {
  const isSame =
    isWithin(wish.targets, state.wish.targets) &&
    isWithin(state.wish.targets, wish.targets) &&
    wish.filter === state.wish.filter;
  if (isSame && again.size === 0) return { state, effects: [] };
  const kept = (targets: TargetSet): TargetSet => minus(common(targets, wish.targets), again);
  const next = { ...state, wish, asked: kept(state.asked), greeted: kept(state.greeted) };
  if (wish.targets.size === 0) return emptied(next);
  if (state.halt === "requested" || state.phase === "wait" || state.phase === "handshake") {
    return { state: next, effects: [] };
  }
  return dropAndGo(next, context);
}

/** Nothing is asked for any more: the next subscription begins anew. */
function emptied(state: SubscribeState): SubscribeStep {
  const { state: next, effects } = halted(state, state.halt === "requested" ? "requested" : "no", undefined);
  return { state: { ...next, cursor: undefined }, effects };
}

function halted(
  state: SubscribeState,
  halt: SubscribeState["halt"],
  error: PresenceError | undefined,
): SubscribeStep {
  const reason = halt === "refused" ? halt : "requested";
  const event: StatusEvent = { type: "disconnected", reason, error };
  return {
    state: {
      ...state,
      status: "disconnected",
      phase: "idle",
      halt,
      asked: noTargets,
      greeted: noTargets,
      failures: 0,
      sentHome: 0,
    },
    effects: [
      { type: "drop" },
      ...(state.status === "disconnected" ? [] : [{ type: "status", event } as const]),
    ],
  };
}

function greeted(
  state: SubscribeState,
  { cursor }: { readonly cursor: Cursor },
  context: SubscribeContext,
): SubscribeStep {
  const isBack = state.status !== "connected";
  const step = go(
    {
      ...state,
      status: "connected",
      greeted: union(state.greeted, state.asked),
      cursor: state.cursor ?? cursor,
      failures: 0,
    },
    context,
  );
  return {
    state: step.state,
    effects: [
      ...(isBack ? [{ type: "status", event: { type: "connected" } } as const] : []),
      { type: "greeted", targets: state.asked, cursor, isBack },
      ...step.effects,
    ],
  };
}

function polled(
  state: SubscribeState,
  { cursor, items, dice }: { readonly cursor: Cursor; readonly items: number; readonly dice: number },
  context: SubscribeContext,
): SubscribeStep {
  const isSentHome = items === 0 && context.now - state.since < sentHomeMs;
  const next = { ...state, cursor, failures: 0, sentHome: isSentHome ? state.sentHome + 1 : 0 };
  if (next.sentHome <= sentHomeMax) return go(next, context);
  const ms = backoffMs(context.backoff, next.sentHome - sentHomeMax, { dice });
  return { state: { ...next, phase: "wait" }, effects: [{ type: "wait", ms }] };
}

function failed(
  state: SubscribeState,
  { error, dice }: { readonly error: PresenceError; readonly dice: number },
  { backoff }: SubscribeContext,
): SubscribeStep {
  if (final.has(error.code)) return halted(state, "refused", error);
  const failures = state.failures + 1;
  const retryInMs = backoffMs(backoff, failures, { dice, error });
  return {
    state: { ...state, status: "reconnecting", phase: "wait", failures, greeted: noTargets },
    effects: [
      { type: "status", event: { type: "reconnecting", error, retryInMs } },
      { type: "wait", ms: retryInMs },
    ],
  };
}

function woke(state: SubscribeState, context: SubscribeContext): SubscribeStep {
  const { phase, since, greeted } = state;
  const isStale = phase === "poll" && (greeted.size === 0 || context.now - since >= freshMs);
  if (!isStale && phase !== "wait") return { state, effects: [] };
  return dropAndGo({ ...state, greeted: noTargets }, context);
}

function reconnect(state: SubscribeState, context: SubscribeContext): SubscribeStep {
  const next = { ...state, halt: "no" } as const;
  if (state.wish.targets.size === 0) return { state: next, effects: [] };
  if (state.phase !== "idle" && state.phase !== "wait") return { state, effects: [] };
  return dropAndGo(next, context);
}
