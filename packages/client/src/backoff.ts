/** How long to wait before trying again. */
import type { PresenceError } from "./error.ts";

/** How delays grow. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The longest wait that a server can ask for: an hour. */
const retryAfterMsMax = 3_600_000;

/**
 * The delay before the next try, in milliseconds. `failures` is how often in a row it has failed, 1 at first; `dice` is
 * from 0 to 1. Between half of `baseMs` doubled with each failure and the whole of it, `maxMs` at most; but not before
 * the server said, and then spread over `baseMs`.
 */
export function backoffMs(
  { baseMs, maxMs }: Backoff,
  failures: number,
  how: { readonly dice: number; readonly error?: PresenceError | undefined },
): number {
  const asked = how.error?.retryAfterSeconds;
  const ceiling = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return Math.round(
    asked === undefined
      ? ceiling * (1 - how.dice / 2)
      : Math.min(asked * 1_000, retryAfterMsMax) + how.dice * baseMs,
  );
}

/** Whether trying again may help. */
export function mayPass({ code }: PresenceError): boolean {
  return code === "network" || code === "timeout" || code === "unavailable";
}
