/** Timetokens: positions in a keyset's events, 17 digits, 100 ns since 1970. A `bigint`, never a `number`. */

/** A position in a keyset's events. Strictly increasing; four digits below a millisecond. */
export type Timetoken = bigint;

/** Before every event; what a handshake sends. */
export const zeroTimetoken: Timetoken = 0n;

/** Timetokens in one millisecond. */
export const timetokensPerMs = 10_000n;

/** The first timetoken of a millisecond. `instant` is milliseconds since 1970, an integer or not. */
export function timetokenAt(instant: number): Timetoken {
  return BigInt(Math.floor(instant)) * timetokensPerMs;
}

/** The decimal text of a timetoken, as it stands on the wire: at least 17 digits. */
export function formatTimetoken(timetoken: Timetoken): string {
  return timetoken.toString().padStart(17, "0");
}

/** A decimal text of at most 20 digits as a timetoken, else `undefined`. */
export function parseTimetoken(text: string): Timetoken | undefined {
  return /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}
