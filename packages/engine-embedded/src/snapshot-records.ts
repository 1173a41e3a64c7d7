/** Log entries and ledger records as JSON values and back, with a check: what is on disk may be damaged. */
import {
  type Change,
  type IntervalNotice,
  type LedgerRecord,
  type LogEntry,
  ledgerRecordProblem,
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

/** An object read from JSON. */
type Fields = Readonly<Record<string, unknown>>;

/** An entry as JSON text. */
export function encodeEntry(entry: LogEntry): string {
  const timetoken = entry.timetoken.toString();
  if (entry.kind === "change") return JSON.stringify({ timetoken, change: entry.change });
  if (entry.kind === "interval") return JSON.stringify({ timetoken, interval: encodeNotice(entry.interval) });
  const { origin, ...publication } = entry.publication;
  return JSON.stringify({ timetoken, publication, origin: origin?.toString() });
}

/** The entry that a JSON value stands for. Throws when it stands for none. */
export function decodeEntry(value: unknown): LogEntry {
  const fields = objectOf(value, "entry");
  const timetoken = timetokenOf(fields.timetoken);
  if (fields.change !== undefined) return { kind: "change", timetoken, change: decodeChange(fields.change) };
  if (fields.interval !== undefined)
    return { kind: "interval", timetoken, interval: decodeNotice(fields.interval) };
  return {
    kind: "publication",
    timetoken,
    publication: decodePublication(fields.publication, fields.origin),
  };
}

/** The ledger record that a JSON value stands for. Throws when it stands for none. */
export function decodeLedgerRecord(value: unknown): LedgerRecord {
  const problem = ledgerRecordProblem(value);
  if (problem !== undefined) throw new Error(problem);
  return value as LedgerRecord;
}

const changeKinds: ReadonlySet<string> = new Set<Change["kind"]>([
  "join",
  "leave",
  "timeout",
  "state-change",
]);

function decodeChange(value: unknown): Change {
  const fields = objectOf(value, "change");
  const kind = textOf(fields, "kind");
  if (!changeKinds.has(kind)) throw new Error(`a change is of the unknown kind ${kind}`);
  return {
    kind: kind as Change["kind"],
    channel: textOf(fields, "channel") as Channel,
    user: textOf(fields, "user") as UserId,
    state: optionalTextOf(fields, "state") as State | undefined,
    occupancy: numberOf(fields, "occupancy"),
    revision: numberOf(fields, "revision"),
    epoch: textOf(fields, "epoch"),
    at: numberOf(fields, "at"),
    ...(fields.isSummedUp === true && { isSummedUp: true }),
  };
}

function encodeNotice({ here, ...notice }: IntervalNotice): object {
  if (here === undefined) return notice;
  return { ...notice, here: [...here].map(([user, state]) => ({ user, state })) };
}

function decodeNotice(value: unknown): IntervalNotice {
  const fields = objectOf(value, "notice");
  const { hereNowRefresh } = fields;
  if (typeof hereNowRefresh !== "boolean")
    throw new Error(`hereNowRefresh is ${JSON.stringify(hereNowRefresh)}, not a truth value`);
  return {
    channel: textOf(fields, "channel") as Channel,
    occupancy: numberOf(fields, "occupancy"),
    epoch: textOf(fields, "epoch"),
    revision: numberOf(fields, "revision"),
    at: numberOf(fields, "at"),
    ...optionalUsers(fields, "joined"),
    ...optionalUsers(fields, "left"),
    ...optionalUsers(fields, "timedOut"),
    ...(fields.sinceRevision !== undefined && { sinceRevision: numberOf(fields, "sinceRevision") }),
    ...(fields.here !== undefined && { here: decodeHere(fields.here) }),
    hereNowRefresh,
  };
}

function decodeHere(value: unknown): ReadonlyMap<UserId, State | undefined> {
  const seated = listOf(value, "here").map((each) => objectOf(each, "user who is here"));
  return new Map(
    seated.map((fields) => [
      textOf(fields, "user") as UserId,
      optionalTextOf(fields, "state") as State | undefined,
    ]),
  );
}

function optionalUsers<Name extends string>(fields: Fields, name: Name): { readonly [N in Name]?: UserId[] } {
  const value = fields[name];
  if (value === undefined) return {};
  const users = listOf(value, name);
  if (!users.every((user) => typeof user === "string"))
    throw new Error(`${name} is ${JSON.stringify(value)}, not a list of texts`);
  return { [name]: users } as { readonly [N in Name]?: UserId[] };
}

function decodePublication(value: unknown, origin: unknown): Publication {
  const fields = objectOf(value, "publication");
  const kind = textOf(fields, "kind");
  if (kind !== "message" && kind !== "signal")
    throw new Error(`a publication is of the unknown kind ${kind}`);
  return {
    kind,
    channel: textOf(fields, "channel") as Channel,
    publisher: optionalTextOf(fields, "publisher") as UserId | undefined,
    payload: textOf(fields, "payload") as JsonText,
    meta: optionalTextOf(fields, "meta") as JsonText | undefined,
    customMessageType: optionalTextOf(fields, "customMessageType"),
    sequence: numberOf(fields, "sequence"),
    origin: origin === undefined ? undefined : timetokenOf(origin),
  };
}

function objectOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`a ${what} is ${JSON.stringify(value)}`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is ${JSON.stringify(value)}, not a list`);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw new Error(`${name} is ${JSON.stringify(value)}, not a text`);
}

function optionalTextOf(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : textOf(fields, name);
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === "number") return value;
  throw new Error(`${name} is ${JSON.stringify(value)}, not a number`);
}

function timetokenOf(value: unknown): Timetoken {
  const timetoken = typeof value === "string" ? parseTimetoken(value) : undefined;
  if (timetoken !== undefined) return timetoken;
  throw new Error(`a timetoken is ${JSON.stringify(value)}`);
}
