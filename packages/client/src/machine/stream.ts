/**
 * When to have a stream: whoever runs it opens one as soon as the phase is `opening`, and has none while it is `closed`.
 * Pure. A stream that does not come about, or breaks as soon as it has, is tried again later and later; one that breaks
 * after that, or was told to move, at once.
 */
import { backoffMs } from "../backoff.ts";

/** All there is to know about when to open one. */
export interface StreamState {
  readonly phase: "closed" | "opening" | "up";
  /** Whether the service has streams, as the last handshake said. */
  readonly isOffered: boolean;
  /** How often in a row it failed. */
  readonly failures: number;
  /** When the phase began. */
  readonly since: number;
  /** When to try next, at the earliest. */
  readonly notBefore: number;
}

/** How one ended: by a failure, or without one, and then the next may come after so many milliseconds. */
export type StreamEnd = { readonly type: "broken" } | { readonly type: "ended"; readonly pauseMs: number };

/** What can happen. */
export type StreamInput =
  | StreamEnd
  /** A handshake was answered by a request. */
  | { readonly type: "offered"; readonly isOffered: boolean }
  /** A poll is about to be sent. */
  | { readonly type: "wanted" }
  /** The service says that events come by it from now on; said again, it is no news. */
  | { readonly type: "ready" }
  /** Requests fail, too: it is not streams that are the trouble. */
  | { readonly type: "away" };

/** Nothing is known. */
export const initialStreamState: StreamState = {
  phase: "closed",
  isOffered: false,
  failures: 0,
  since: 0,
  notBefore: 0,
};

/** How long a stream may take to be ready, and to answer. One that breaks within this time has failed. */
export const patienceMs = 5_000;

/** Between failures: from a minute to an hour, and up to as long again, so that not everybody comes at once. */
const pauses = { baseMs: 120_000, maxMs: 7_200_000 };

/** One step, at `now` in milliseconds; `dice` is from 0 to 1. */
export function stepStream(
  state: StreamState,
  input: StreamInput,
  { now, dice }: { readonly now: number; readonly dice: number },
): StreamState {
  const { phase, since, notBefore } = state;
  switch (input.type) {
    case "offered":
      return { ...state, isOffered: input.isOffered };
    case "wanted":
      return phase === "closed" && state.isOffered && now >= notBefore
        ? { ...state, phase: "opening", since: now }
        : state;
    case "ready":
      return phase === "opening" ? { ...state, phase: "up", since: now } : state;
    case "ended":
      return { ...state, phase: "closed", since: now, notBefore: Math.max(notBefore, now + input.pauseMs) };
    case "away":
      return { ...state, failures: 0, notBefore: now };
    case "broken": {
      const failures = phase === "up" && now - since >= patienceMs ? 0 : state.failures + 1;
      const pauseMs = failures > 0 ? backoffMs(pauses, failures, { dice }) : 0;
      return { ...state, phase: "closed", since: now, failures, notBefore: now + pauseMs };
    }
  }
}
