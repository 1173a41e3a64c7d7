/** How scripts are told of leases and spans of time. */
import { assert } from "@hereabouts/core";
import type { DeviceId } from "@hereabouts/protocol";

/** The longest presence timeout that a record can hold, in milliseconds. */
const timeoutMsMax = 9_999_999;

/** A lease's holder in a record: `-` for the unnamed device, `=` and a name for the others. */
export function holderOf(device: DeviceId | undefined): string {
  return device === undefined ? "-" : `=${device}`;
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
