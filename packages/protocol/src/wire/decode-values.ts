/** Reads the values that several commands have: timetokens, the presence timeout, the callback segment. */
import { presenceTimeoutSecondsMax, presenceTimeoutSecondsMin } from "../model/limits.ts";
import { parseTimetoken, type Timetoken } from "../model/timetoken.ts";
import { type RequestReader, shown } from "./reader.ts";

/** Refuses a JSONP callback: the segment says `0`, for none. */
export function refuseCallback(reader: RequestReader, segment: number): void {
  const text = reader.segment(segment);
  if (text === "0") return;
  reader.fail("invalid-argument", `The callback ${shown(text)} is not supported: write 0 in its place.`);
}

/** The timetoken in a query value; `undefined` when it is missing. */
export function readTimetoken(reader: RequestReader, name: string): Timetoken | undefined {
  const text = reader.query(name);
  return text === undefined ? undefined : checkedTimetoken(reader, name, text);
}

/** A timetoken that some clients write alone and others with its region, as `{"t":"17…","r":1}`. */
export function readRegionalTimetoken(reader: RequestReader, name: string): Timetoken | undefined {
  const text = reader.query(name);
  if (text === undefined) return undefined;
  return checkedTimetoken(reader, name, text.startsWith("{") ? timetokenMember(text) : text);
}

/** The presence timeout asked for, in seconds and brought into its range; `undefined` for none (semantics § 2.1). */
export function readPresenceTimeout(reader: RequestReader): number | undefined {
  const text = reader.query("heartbeat");
  if (text === undefined) return undefined;
  const seconds = Math.floor(Number(text));
  if (seconds >= presenceTimeoutSecondsMin && seconds < Number.POSITIVE_INFINITY) {
    return Math.min(seconds, presenceTimeoutSecondsMax);
  }
  return undefined;
}

function checkedTimetoken(reader: RequestReader, name: string, text: string): Timetoken | undefined {
  const timetoken = parseTimetoken(text);
  if (timetoken !== undefined) return timetoken;
  reader.fail("invalid-argument", `The value of ${name} is not a timetoken of at most 20 digits.`);
  return undefined;
}

/** The text of `t`; empty, and so no timetoken, when there is none or when it is past a number's precision. */
function timetokenMember(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const member = typeof value === "object" && value !== null && "t" in value ? value.t : undefined;
    if (typeof member === "string") return member;
    return Number.isSafeInteger(member) ? String(member) : "";
  } catch {
    return "";
  }
}
