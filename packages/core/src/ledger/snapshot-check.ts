/** Whether something read from a disk is a ledger's record: checked once, so that the ledger can believe it. */
import type {
  AbsenceRecord,
  LedgerChannelRecord,
  LedgerHeadRecord,
  LedgerRecord,
  SeatRecord,
} from "./snapshot.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is a record of a dump. Whether records fit together is checked by restoring them. */
export function isLedgerRecord(value: unknown): value is LedgerRecord {
  return isHead(value) || isChannel(value);
}

function isHead(value: unknown): value is LedgerHeadRecord {
  return (
    isFields(value) &&
    value.kind === "ledger" &&
    isCount(value.now) &&
    isCount(value.startsAt) &&
    value.startsAt <= value.now &&
    isCount(value.order)
  );
}

function isChannel(value: unknown): value is LedgerChannelRecord {
  return (
    isFields(value) &&
    value.kind === "channel" &&
    isName(value.channel) &&
    isName(value.epoch) &&
    isCount(value.revision) &&
    isCount(value.order) &&
    isCount(value.forgetAt) &&
    isListOf(value.seats, isSeat) &&
    isListOf(value.absences, isAbsence)
  );
}

function isSeat(value: unknown): value is SeatRecord {
  return (
    isFields(value) &&
    isName(value.user) &&
    isCount(value.order) &&
    isCount(value.since) &&
    isCount(value.timeoutMs) &&
    value.timeoutMs > 0 &&
    isState(value.state) &&
    isListOf(value.leases, isLease) &&
    value.leases.length > 0
  );
}

function isAbsence(value: unknown): value is AbsenceRecord {
  return (
    isFields(value) &&
    isName(value.user) &&
    isCount(value.order) &&
    isState(value.state) &&
    isCount(value.stateEndsAt) &&
    isCount(value.debounceEndsAt)
  );
}

function isLease(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length === 2 && (value[0] === null || isName(value[0])) && isCount(value[1])
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem);
}

/** A whole number, not negative: counts, spans and instants. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

function isState(value: unknown): boolean {
  return value === undefined || isName(value);
}
