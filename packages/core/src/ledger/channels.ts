/**
 * The table itself: channel records with their seats and absences, the wheel they all hang on, and the counts that
 * views are made of. It keeps these consistent and decides nothing: the ledger says what shall happen.
 */
import type { Channel, UserId } from "@hereabouts/protocol";
import { assert } from "../assert.ts";
import { absencesPerKeysetMax, emptyChannelRetentionMs, emptyChannelsPerKeysetMax } from "../limits.ts";
import type { Change, Instant } from "../ports.ts";
import { TimingWheel } from "../timing-wheel.ts";
import { Graces } from "./graces.ts";
import { listSeat, unlistSeat } from "./seat-list.ts";
import {
  type Absence,
  type ChangeOf,
  type ChannelRecord,
  createAbsence,
  liveSeats,
  recordChange,
  type Seat,
  type TableItem,
} from "./table.ts";
import { UserIndex } from "./user-index.ts";

/** Channel records, seats and absences. */
export class Channels {
  readonly users: UserIndex = new UserIndex();
  readonly records: Map<Channel, ChannelRecord> = new Map();
  /** Records with live seats, in the order they came to have some. */
  readonly occupied: Set<ChannelRecord> = new Set();
  /** Records without seats, in the order they came to have none. */
  readonly empty: Set<ChannelRecord> = new Set();
  /** Seats whose deadline has come, in that order; they wait for being ended. */
  readonly due: Set<Seat> = new Set();
  /** Leases that were given up and stand for a little longer. */
  readonly graces: Graces = new Graces();
  /** In the order they were made. */
  readonly absences: Set<Absence> = new Set();
  readonly #wheel: TimingWheel<TableItem>;
  #now: Instant;
  #seats = 0;

  constructor(startsAt: Instant) {
    this.#now = startsAt;
    this.#wheel = new TimingWheel(startsAt);
  }

  /** Seats in the table, due ones included. */
  get seatCount(): number {
    return this.#seats;
  }

  /** Seats that are not due. */
  get liveSeatCount(): number {
    return this.#seats - this.due.size;
  }

  /** The latest instant the table has been brought to. */
  get now(): Instant {
    return this.#now;
  }

  /** Brings the table to an instant. Going back in time does nothing; the answer is the time that counts. */
  advance(now: Instant): Instant {
    if (now <= this.#now) return this.#now;
    this.#now = now;
    this.#wheel.advance(now, this.#comeDue);
    return now;
  }

  /** A lower bound of when something comes due; the table's own time or before when something is due. */
  nextDue(): Instant | undefined {
    const [overdue] = this.due;
    return overdue === undefined ? this.#wheel.nextDue() : overdue.deadline;
  }

  /** A channel's record, or a new one that the caller is about to fill. */
  openRecord(channel: Channel, newRecord: () => ChannelRecord): ChannelRecord {
    const known = this.records.get(channel);
    if (known !== undefined) return known;
    const record = newRecord();
    this.addRecord(record);
    return record;
  }

  /** Enters a record without seats. */
  addRecord(record: ChannelRecord): void {
    assert(!this.records.has(record.channel), "a channel has one record");
    assert(record.seats.size === 0, "a record is entered before its seats");
    this.records.set(record.channel, record);
    this.#keepEmpty(record);
  }

  /** Enters a seat. */
  addSeat(seat: Seat): void {
    const { record } = seat;
    assert(!record.seats.has(seat.user), "a user has one seat in a channel");
    if (record.seats.size === 0) {
      this.empty.delete(record);
      this.#wheel.remove(record);
    }
    record.seats.set(seat.user, seat);
    if (liveSeats(record) === 1) this.occupied.add(record);
    listSeat(seat, this.#now);
    this.users.add(seat);
    this.#seats++;
    this.#wheel.file(seat);
  }

  /** Takes a seat out. */
  removeSeat(seat: Seat): void {
    const { record } = seat;
    const isRemoved = record.seats.delete(seat.user);
    assert(isRemoved, "a seat that ends is in the table");
    if (this.due.delete(seat)) record.dueSeats--;
    else {
      this.#wheel.remove(seat);
      unlistSeat(seat);
    }
    if (liveSeats(record) === 0) this.occupied.delete(record);
    this.users.remove(seat);
    this.graces.forget(seat);
    this.#seats--;
    if (record.seats.size === 0) this.#keepEmpty(record);
  }

  /** Moves a live seat's deadline. Later costs nothing: the wheel finds out when the old one comes. */
  moveDeadline(seat: Seat, deadline: Instant): void {
    const isEarlier = deadline < seat.deadline;
    seat.deadline = deadline;
    if (isEarlier) this.#wheel.file(seat);
  }

  /** Counts a change that has been made in a channel. */
  log(record: ChannelRecord, change: ChangeOf): Change {
    if (record.seats.size === 0) rememberUntil(record, this.#now + emptyChannelRetentionMs);
    return recordChange(record, change);
  }

  /** What is remembered of an absent user, or a new absence that the caller is about to fill. */
  openAbsence(record: ChannelRecord, user: UserId, order: number): Absence {
    const known = record.absences?.get(user);
    if (known !== undefined) return known;
    const absence = createAbsence(record, user, order);
    this.addAbsence(absence);
    return absence;
  }

  /** Enters an absence, which is to be filed when it is filled. */
  addAbsence(absence: Absence): void {
    const { record, user } = absence;
    assert(!record.seats.has(user), "only a user without a seat is absent");
    record.absences ??= new Map();
    assert(!record.absences.has(user), "a user is absent from a channel once");
    record.absences.set(user, absence);
    this.absences.add(absence);
    if (this.absences.size <= absencesPerKeysetMax) return;
    const [oldest] = this.absences;
    if (oldest !== undefined) this.removeAbsence(oldest);
  }

  /** Files an absence by the later of its two ends. */
  fileAbsence(absence: Absence): void {
    absence.deadline = Math.max(absence.stateEndsAt, absence.debounceEndsAt);
    rememberUntil(absence.record, absence.deadline);
    this.#wheel.file(absence);
  }

  /** Forgets what is remembered of an absent user. */
  removeAbsence(absence: Absence): void {
    const { record } = absence;
    this.#wheel.remove(absence);
    this.absences.delete(absence);
    record.absences?.delete(absence.user);
    if (record.absences?.size === 0) record.absences = undefined;
  }

  readonly #comeDue = (item: TableItem): void => {
    if ("seats" in item) this.#forget(item);
    else if ("debounceEndsAt" in item) this.removeAbsence(item);
    else this.#seatComesDue(item);
  };

  #seatComesDue(seat: Seat): void {
    const { record } = seat;
    this.due.add(seat);
    record.dueSeats++;
    unlistSeat(seat);
    if (liveSeats(record) === 0) this.occupied.delete(record);
  }

  #keepEmpty(record: ChannelRecord): void {
    if (record.deadline <= this.#now) rememberUntil(record, this.#now + emptyChannelRetentionMs);
    this.empty.add(record);
    this.#wheel.file(record);
    if (this.empty.size <= emptyChannelsPerKeysetMax) return;
    const [longest] = this.empty;
    if (longest !== undefined) this.#forget(longest);
  }

  #forget(record: ChannelRecord): void {
    assert(record.seats.size === 0, "only an empty channel is forgotten");
    for (const absence of record.absences?.values() ?? []) this.removeAbsence(absence);
    this.#wheel.remove(record);
    this.empty.delete(record);
    this.records.delete(record.channel);
  }
}

/** A channel outlives its last change by the retention, and whatever is remembered of its users. */
function rememberUntil(record: ChannelRecord, until: Instant): void {
  if (until > record.deadline) record.deadline = until;
}
