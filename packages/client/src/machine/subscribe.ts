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
import { minus, noTargets, type TargetSet } from "./targets.ts";

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
  /** Whether nothing is done until `reconnect`. */
  readonly isHalted: boolean;
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
  /** The handshake or the poll was answered, with so many items. */
  | { readonly type: "answered"; readonly cursor: Cursor; readonly items: number }
  /** The handshake or the poll failed. */
  | { readonly type: "failed"; readonly error: PresenceError }
  /** The wait is over. */
  | { readonly type: "waited" }
  /** The seats were given up without asking the machine: the page is being left. Nothing is sent until it wakes. */
  | { readonly type: "left" }
  /** Time may have passed unseen. */
  | { readonly type: "woke" }
  | { readonly type: "disconnect" }
  | { readonly type: "reconnect" };

/** What is to be done, in this order. */
export type SubscribeEffect =
  /** Forget what is under way: cancel the wait, abort the poll, ignore the handshake's answer. */
  | { readonly type: "drop" }
  /** The same, and end the stream if there is one: seats are given up, or nothing is sent any more. */
  | { readonly type: "end" }
  /** Poll from the cursor; without one, shake hands. */
  | { readonly type: "send"; readonly wish: Wish; readonly cursor: Cursor | undefined }
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

/** What a step goes by besides its input. */
export interface SubscribeContext {
  readonly now: number;
  /** From 0 to 1. */
  readonly dice: number;
  readonly backoff: Backoff;
}

/** Before anything is asked for. */
export const initialSubscribeState: SubscribeState = {
  status: "disconnected",
  phase: "idle",
  isHalted: false,
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

/** Trying again is no use. */
const final: readonly PresenceErrorCode[] = ["refused", "denied", "invalid-argument"];

/** A step while it is made: nobody else has it. */
interface Draft {
  readonly state: { -readonly [Key in keyof SubscribeState]: SubscribeState[Key] };
  readonly effects: SubscribeEffect[];
  readonly context: SubscribeContext;
}

type InputOf<Type> = Extract<SubscribeInput, { readonly type: Type }>;

const steps: { readonly [Type in SubscribeInput["type"]]: (draft: Draft, input: InputOf<Type>) => void } = {
  wish: (draft, { wish, again }) => {
    const { state } = draft;
    const { targets } = wish;
    const isSame = targets.size === state.wish.targets.size && minus(targets, state.wish.targets).size === 0;
    if (isSame && wish.filter === state.wish.filter && again.size === 0) return;
    state.wish = wish;
    const kept = (set: TargetSet): TargetSet =>
      new Set([...set].filter((target) => targets.has(target) && !again.has(target)));
    state.asked = kept(state.asked);
    state.greeted = kept(state.greeted);
    if (targets.size === 0) {
      halt(draft);
      // The next subscription begins anew.
      state.cursor = undefined;
    } else if (!state.isHalted && state.phase !== "wait" && state.phase !== "handshake") dropAndGo(draft);
  },
  answered: (draft, { cursor, items }) => {
    const { state, effects, context } = draft;
    state.failures = 0;
    if (state.phase === "handshake") {
      const isBack = state.status !== "connected";
      if (isBack) say(draft, { type: "connected" });
      // It asked for everything, what had been greeted before included.
      state.greeted = state.asked;
      state.cursor ??= cursor;
      effects.push({ type: "greeted", targets: state.asked, cursor, isBack });
      return go(draft);
    }
    state.cursor = cursor;
    state.sentHome = items === 0 && context.now - state.since < sentHomeMs ? state.sentHome + 1 : 0;
    if (state.sentHome <= sentHomeMax) return go(draft);
    wait(draft, backoffMs(context.backoff, state.sentHome - sentHomeMax, context));
  },
  failed: (draft, { error }) => {
    if (final.includes(error.code)) return halt(draft, error);
    const { state, context } = draft;
    state.failures += 1;
    state.greeted = noTargets;
    const retryInMs = backoffMs(context.backoff, state.failures, { ...context, error });
    say(draft, { type: "reconnecting", error, retryInMs });
    wait(draft, retryInMs);
  },
  waited: go,
  left: ({ state, effects }) => {
    state.greeted = noTargets;
    if (state.phase === "idle") return;
    // What it brought, such as one's own leaving, would have a handshake follow and take the seats again.
    effects.push({ type: "end" });
    state.phase = "wait";
  },
  woke: (draft) => {
    const { phase, greeted, since } = draft.state;
    const isFresh = greeted.size > 0 && draft.context.now - since < freshMs;
    if (phase === "wait" || (phase === "poll" && !isFresh)) dropAndGreet(draft);
  },
  disconnect: (draft) => {
    halt(draft);
    draft.state.isHalted = true;
  },
  reconnect: (draft) => {
    const { state } = draft;
    state.isHalted = false;
    if (state.wish.targets.size > 0 && (state.phase === "idle" || state.phase === "wait"))
      dropAndGreet(draft);
  },
};

/** One step. */
export function stepSubscribe(
  before: SubscribeState,
  input: SubscribeInput,
  context: SubscribeContext,
): SubscribeStep {
  const draft: Draft = { state: { ...before }, effects: [], context };
  // The table has for each type what takes inputs of that type.
  (steps[input.type] as (draft: Draft, input: SubscribeInput) => void)(draft, input);
  return draft;
}

/** Does what is next: a handshake for whatever has had none, else a poll. */
function go(draft: Draft): void {
  const { state, effects, context } = draft;
  const { wish } = state;
  const isGreeted = minus(wish.targets, state.greeted).size === 0;
  if (state.status === "disconnected") say(draft, { type: "connecting" });
  state.phase = isGreeted ? "poll" : "handshake";
  state.asked = wish.targets;
  state.since = context.now;
  effects.push({ type: "send", wish, cursor: isGreeted ? state.cursor : undefined });
}

function dropAndGo(draft: Draft): void {
  draft.effects.push({ type: "drop" });
  go(draft);
}

function dropAndGreet(draft: Draft): void {
  draft.state.greeted = noTargets;
  dropAndGo(draft);
}

function wait({ state, effects }: Draft, ms: number): void {
  state.phase = "wait";
  effects.push({ type: "wait", ms });
}

function halt(draft: Draft, error?: PresenceError): void {
  const { state, effects } = draft;
  effects.push({ type: "end" });
  state.phase = "idle";
  state.greeted = noTargets;
  state.failures = 0;
  const reason = error ? "refused" : "requested";
  if (state.status !== "disconnected") say(draft, { type: "disconnected", reason, error });
}

/** Events of the connection's condition are named after it. */
function say(
  { state, effects }: Draft,
  event: Extract<StatusEvent, { readonly type: ConnectionStatus }>,
): void {
  state.status = event.type;
  effects.push({ type: "status", event });
}
