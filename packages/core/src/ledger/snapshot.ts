/** The whole table as plain records and back, so that a restart is not noticed. No record is large. */
import type { Channel, DeviceId, State, UserId } from "@hereabouts/protocol";
import { assert } from "../assert.ts";
import type { Instant } from "../ports.ts";
import { Channels } from "./channels.ts";
import type { Graces } from "./graces.ts";
import { holderOf, leasesOf } from "./leases.ts";
import {
  type Absence,
  type ChannelRecord,
  createAbsence,
  createRecord,
  createSeat,
  type Seat,
} from "./table.ts";

/** Comes first: what is not of any channel. */
export interface LedgerHeadRecord {
  readonly kind: "ledger";
  /** The ledger's time when it was dumped. */
  readonly now: Instant;
  /** Every deadline in the dump is later than this. */
  readonly startsAt: Instant;
  /** The last number drawn. */
  readonly order: number;
}

/** A channel, or part of a large one: then every part repeats the channel's own fields. */
export interface LedgerChannelRecord {
  readonly kind: "channel";
  readonly channel: Channel;
  readonly epoch: string;
  readonly revision: number;
  readonly order: number;
  /** When it is forgotten, if it is empty. */
  readonly forgetAt: Instant;
  readonly seats: readonly SeatRecord[];
  readonly absences: readonly AbsenceRecord[];
}

/** A seat. */
export interface SeatRecord {
  readonly user: UserId;
  readonly order: number;
  readonly since: Instant;
  readonly timeoutMs: number;
  readonly state?: State;
  /** Device (`null`: unnamed) and end. */
  readonly leases: readonly (readonly [DeviceId | null, Instant])[];
  /** Whose leases are in grace, where some are. */
  readonly inGrace?: readonly (DeviceId | null)[];
}

/** What is remembered of a user without a seat. */
export interface AbsenceRecord {
  readonly user: UserId;
  readonly order: number;
  readonly state?: State;
  readonly stateEndsAt: Instant;
  readonly debounceEndsAt: Instant;
}

/** One record of a dump: JSON holds it without loss. */
export type LedgerRecord = LedgerHeadRecord | LedgerChannelRecord;

/** What a ledger consists of. */
export interface LedgerContents {
  readonly table: Channels;
  readonly lastOrder: number;
}

/** A record is closed when its seats and absences have come to this many characters, roughly. */
const recordCharacters = 128 * 1_024;
const seatCharacters = 200;
const leaseCharacters = 100;

/** Everything in a table, piece by piece. The table must not change meanwhile. */
export function* dumpContents({ table, lastOrder }: LedgerContents): Generator<LedgerRecord, void> {
  const { now } = table;
  const [overdue] = table.due;
  const startsAt = overdue === undefined ? now : Math.min(now, overdue.deadline - 1);
  yield { kind: "ledger", now, startsAt, order: lastOrder };
  for (const record of table.occupied) yield* dumpChannel(record, table.graces);
  for (const record of table.records.values()) {
    if (record.seats.size > 0 && !table.occupied.has(record)) yield* dumpChannel(record, table.graces);
  }
  for (const record of table.empty) yield* dumpChannel(record, table.graces);
}

/** The contents that records were dumped from, every instant moved by `shiftMs`. */
export function restoreContents(records: Iterable<LedgerRecord>, shiftMs: number): LedgerContents {
  assert(Number.isInteger(shiftMs), "a shift is a whole number of milliseconds");
  const iterator = records[Symbol.iterator]();
  const head = iterator.next().value;
  assert(head?.kind === "ledger", "a dump begins with the ledger's own record");
  const table = new Channels(head.startsAt + shiftMs);
  const restoration: Restoration = { table, lastOrder: head.order, shiftMs, absences: [] };
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    assert(next.value.kind === "channel", "a dump has one record of the ledger's own");
    restoreChannel(restoration, next.value);
  }
  for (const absence of restoration.absences.sort((left, right) => left.order - right.order)) {
    table.addAbsence(absence);
    table.fileAbsence(absence);
  }
  table.advance(head.now + shiftMs);
  return { table, lastOrder: head.order };
}

/** A restoration under way. */
interface Restoration extends LedgerContents {
  readonly shiftMs: number;
  /** They are entered at the end, all channels' together, in the order they were made. */
  readonly absences: Absence[];
}

function* dumpChannel(record: ChannelRecord, graces: Graces): Generator<LedgerChannelRecord, void> {
  let part = openPart(record);
  let isFirst = true;
  for (const seat of record.seats.values()) {
    const dumped = dumpSeat(seat, graces);
    part.seats.push(dumped);
    part.room -= seatCharacters + leaseCharacters * dumped.leases.length + (dumped.state?.length ?? 0);
    if (part.room > 0) continue;
    yield part.record;
    part = openPart(record);
    isFirst = false;
  }
  for (const absence of record.absences?.values() ?? []) {
    part.absences.push(dumpAbsence(absence));
    part.room -= seatCharacters + (absence.state?.length ?? 0);
    if (part.room > 0) continue;
    yield part.record;
    part = openPart(record);
    isFirst = false;
  }
  if (isFirst || part.room < recordCharacters) yield part.record;
}

/** A channel's record that is being filled. */
interface Part {
  readonly record: LedgerChannelRecord;
  readonly seats: SeatRecord[];
  readonly absences: AbsenceRecord[];
  room: number;
}

function openPart({ channel, epoch, revision, order, deadline }: ChannelRecord): Part {
  const seats: SeatRecord[] = [];
  const absences: AbsenceRecord[] = [];
  const record = {
    kind: "channel",
    channel,
    epoch,
    revision,
    order,
    forgetAt: deadline,
    seats,
    absences,
  } as const;
  return { record, seats, absences, room: recordCharacters };
}

function dumpSeat(seat: Seat, graces: Graces): SeatRecord {
  const { user, order, since, timeoutMs, state } = seat;
  const inGrace = graces.of(seat).map((device) => device ?? null);
  const leases = leasesOf(seat).map(([device, endsAt]) => [device ?? null, endsAt] as const);
  return {
    user,
    order,
    since,
    timeoutMs,
    leases,
    ...(inGrace.length === 0 ? {} : { inGrace }),
    ...(state === undefined ? {} : { state }),
  };
}

function dumpAbsence(absence: Absence): AbsenceRecord {
  const { user, order, state, stateEndsAt, debounceEndsAt } = absence;
  return { user, order, stateEndsAt, debounceEndsAt, ...(state === undefined ? {} : { state }) };
}

function restoreChannel(restoration: Restoration, from: LedgerChannelRecord): void {
  const { table, lastOrder, shiftMs, absences } = restoration;
  const record = table.openRecord(from.channel, () => {
    const made = createRecord(from.channel, from.epoch, from.order);
    made.revision = from.revision;
    made.deadline = from.forgetAt + shiftMs;
    return made;
  });
  assert(record.epoch === from.epoch, "all parts of a channel are of one epoch");
  for (const seat of from.seats) {
    assert(seat.order <= lastOrder, "no seat's number is later than the last drawn");
    const restored = restoreSeat(restoration, record, seat);
    table.addSeat(restored);
    for (const device of seat.inGrace ?? []) table.graces.begin(restored, device ?? undefined);
  }
  for (const absence of from.absences) absences.push(restoreAbsence(record, absence, shiftMs));
}

function restoreSeat({ table, shiftMs }: Restoration, record: ChannelRecord, from: SeatRecord): Seat {
  const leases = new Map<DeviceId | undefined, Instant>();
  for (const [device, endsAt] of from.leases) leases.set(device ?? undefined, endsAt + shiftMs);
  const { holder, deadline } = holderOf(leases);
  return createSeat({
    deadline,
    order: from.order,
    record,
    user: table.users.intern(from.user),
    since: from.since + shiftMs,
    timeoutMs: from.timeoutMs,
    holder,
    state: from.state,
  });
}

function restoreAbsence(record: ChannelRecord, from: AbsenceRecord, shiftMs: number): Absence {
  const absence = createAbsence(record, from.user, from.order);
  absence.state = from.state;
  absence.stateEndsAt = from.stateEndsAt + shiftMs;
  absence.debounceEndsAt = from.debounceEndsAt + shiftMs;
  return absence;
}
