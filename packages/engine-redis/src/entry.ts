/**
 * Log entries as Redis keeps them: compact JSON lists without their timetoken, which is the id in the stream. Scripts
 * write changes and notices (`lua/seats.lua`, `lua/fire.lua`, `lua/refresh.lua`), nodes write publications; both read
 * all of them.
 *
 * - change: `["j" | "l" | "t" | "s", channel, user, state, occupancy, revision, epoch, at, isSummedUp]`
 * - publication: `["m" | "g", channel, publisher, payload, meta, customMessageType, sequence, origin]`
 * - notice: `["i", channel, occupancy, epoch, revision, at, joined, left, timedOut, hereNowRefresh, sinceRevision, here]`,
 *   `here` being a list of users and states by turns
 *
 * What there is none of is `null`, or missing at the end; what comes beyond is of a newer version and left alone.
 * Instants are the engine's; timetokens are decimal texts.
 */
import {
  type Change,
  EngineError,
  type Instant,
  type IntervalNotice,
  type LogEntry,
  type Publication,
} from "@hereabouts/core";
import {
  type Channel,
  type JsonText,
  parseTimetoken,
  type State,
  type Timetoken,
  type UserId,
} from "@hereabouts/protocol";

/** What turns the engine's instants into the caller's. */
export interface LeavingTime {
  leave(instant: Instant): Instant;
}

const kindOfSign: ReadonlyMap<unknown, Change["kind"]> = new Map([
  ["j", "join"],
  ["l", "leave"],
  ["t", "timeout"],
  ["s", "state-change"],
]);

/** A publication as JSON text. */
export function encodePublication(publication: Publication): string {
  const { kind, channel, publisher, payload, meta, customMessageType, sequence, origin } = publication;
  const sign = kind === "message" ? "m" : "g";
  const optional = [meta ?? null, customMessageType ?? null, sequence, origin?.toString() ?? null];
  return JSON.stringify([sign, channel, publisher ?? null, payload, ...optional]);
}

/** The entry of a JSON text. Throws `EngineError` when it is none. */
export function decodeEntryText(timetoken: Timetoken, text: string, time: LeavingTime): LogEntry {
  return decodeEntry(timetoken, parse(text), time);
}

/** The entry that a list read from JSON stands for. Throws `EngineError` when it stands for none. */
export function decodeEntry(timetoken: Timetoken, value: unknown, time: LeavingTime): LogEntry {
  const fields = listOf(value);
  const [sign] = fields;
  if (sign === "m" || sign === "g") {
    return { kind: "publication", timetoken, publication: decodePublication(fields) };
  }
  if (sign === "i") return { kind: "interval", timetoken, interval: decodeNotice(fields, time) };
  return { kind: "change", timetoken, change: decodeChangeFields(fields, time) };
}

/** The change of a JSON text. Throws `EngineError` when it is none. */
export function decodeChange(text: string, time: LeavingTime): Change {
  return decodeChangeFields(listOf(parse(text)), time);
}

/** The notice of a JSON text. Throws `EngineError` when it is none. */
export function decodeNoticeText(text: string, time: LeavingTime): IntervalNotice {
  const fields = listOf(parse(text));
  if (fields[0] !== "i") throw corrupt(fields);
  return decodeNotice(fields, time);
}

function decodeChangeFields(fields: readonly unknown[], time: LeavingTime): Change {
  const kind = kindOfSign.get(fields[0]);
  if (kind === undefined) throw corrupt(fields);
  return {
    kind,
    channel: textAt(fields, 1) as Channel,
    user: textAt(fields, 2) as UserId,
    state: optionalTextAt(fields, 3) as State | undefined,
    occupancy: numberAt(fields, 4),
    revision: numberAt(fields, 5),
    epoch: textAt(fields, 6),
    at: time.leave(numberAt(fields, 7)),
    ...(fields[8] === true && { isSummedUp: true }),
  };
}

function decodePublication(fields: readonly unknown[]): Publication {
  const origin = optionalTextAt(fields, 7);
  const parsed = origin === undefined ? undefined : parseTimetoken(origin);
  if (origin !== undefined && parsed === undefined) throw corrupt(fields);
  return {
    kind: fields[0] === "m" ? "message" : "signal",
    channel: textAt(fields, 1) as Channel,
    publisher: optionalTextAt(fields, 2) as UserId | undefined,
    payload: textAt(fields, 3) as JsonText,
    meta: optionalTextAt(fields, 4) as JsonText | undefined,
    customMessageType: optionalTextAt(fields, 5),
    sequence: numberAt(fields, 6),
    origin: parsed,
  };
}

function decodeNotice(fields: readonly unknown[], time: LeavingTime): IntervalNotice {
  const joined = usersAt(fields, 6);
  const left = usersAt(fields, 7);
  const timedOut = usersAt(fields, 8);
  const here = hereAt(fields, 11);
  return {
    channel: textAt(fields, 1) as Channel,
    occupancy: numberAt(fields, 2),
    epoch: textAt(fields, 3),
    revision: numberAt(fields, 4),
    at: time.leave(numberAt(fields, 5)),
    ...(joined && { joined }),
    ...(left && { left }),
    ...(timedOut && { timedOut }),
    hereNowRefresh: fields[9] === true,
    ...(here && { sinceRevision: numberAt(fields, 10), here }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError("corrupt", `An entry is ${text.slice(0, 200)}, not JSON.`, { cause: error });
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw corrupt(value);
}

function textAt(fields: readonly unknown[], index: number): string {
  const value = fields[index];
  if (typeof value === "string") return value;
  throw corrupt(fields);
}

function optionalTextAt(fields: readonly unknown[], index: number): string | undefined {
  return (fields[index] ?? null) === null ? undefined : textAt(fields, index);
}

function numberAt(fields: readonly unknown[], index: number): number {
  const value = fields[index];
  if (typeof value === "number") return value;
  throw corrupt(fields);
}

function usersAt(fields: readonly unknown[], index: number): readonly UserId[] | undefined {
  const value = fields[index] ?? null;
  if (value === null) return undefined;
  return listOf(value).map((_, at) => textAt(listOf(value), at) as UserId);
}

function hereAt(
  fields: readonly unknown[],
  index: number,
): ReadonlyMap<UserId, State | undefined> | undefined {
  const value = fields[index] ?? null;
  if (value === null) return undefined;
  const turns = listOf(value);
  const here = new Map<UserId, State | undefined>();
  for (let at = 0; at < turns.length; at += 2) {
    here.set(textAt(turns, at) as UserId, optionalTextAt(turns, at + 1) as State | undefined);
  }
  return here;
}

function corrupt(value: unknown): EngineError {
  const text = JSON.stringify(value)?.slice(0, 200);
  return new EngineError("corrupt", `An entry of the log is ${text}.`, { cause: value });
}
