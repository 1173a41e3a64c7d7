/** How scripts are told of leases and spans of time. */
import { assert } from "@hereabouts/core";
import type { DeviceId } from "@hereabouts/protocol";

/** The longest presence timeout or grace that a record can hold, in milliseconds. */
const timeoutMsMax = 9_999_999;

/** Longer names of devices are kept as digests: every renewal carries one, and records of 64 bytes are kept best. */
const deviceCharactersMax = 14;
const deviceBasis = 0x811c9dc5;
const otherBasis = 0x9747b28c;
const prime = 0x01000193;
const otherPrime = 0x5bd1e995;

/**
 * A lease's holder in a record: `-` for the unnamed device, else what tells a user's devices apart: `=` and a short name,
 * or `#` and 64 bits of digest for a longer one.
 */
export function holderOf(device: DeviceId | undefined): string {
  if (device === undefined) return "-";
  return device.length <= deviceCharactersMax ? `=${device}` : `#${digest(device)}`;
}

/** Two 32-bit hashes side by side. Who finds two names with one digest fools nobody but the user who takes both. */
function digest(text: string): string {
  let one = deviceBasis;
  let other = otherBasis;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, prime);
    other = Math.imul(other ^ unit ^ (one >>> 15), otherPrime);
    other ^= other >>> 13;
  }
  return (one >>> 0).toString(36).padStart(7, "0") + (other >>> 0).toString(36).padStart(7, "0");
}

/** A presence timeout as seven digits of milliseconds; the empty text when none is asked for. */
export function timeoutText(seconds: number | undefined): string {
  return seconds === undefined ? "" : wholeTimeoutMs(seconds).toString().padStart(7, "0");
}

/** A presence timeout in whole milliseconds, never shorter than asked for. */
export function wholeTimeoutMs(seconds: number): number {
  assert(seconds > 0, "a presence timeout is longer than nothing");
  const ms = Math.ceil(seconds * 1_000);
  assert(ms <= timeoutMsMax, "a presence timeout fits into a record");
  return ms;
}

/** A span of time in whole milliseconds, never shorter than asked for. */
export function wholeMs(ms: number): number {
  assert(ms >= 0, "a span of time is not negative");
  return Math.ceil(ms);
}

/** A grace in whole milliseconds, never shorter than asked for; 0 for none. */
export function wholeGraceMs(ms: number): number {
  const whole = wholeMs(ms);
  assert(whole <= timeoutMsMax, "a grace fits into a record");
  return whole;
}
