/**
 * What the ledger's table is made of: channel records, seats, absences. Plain objects, made here only, so that all of a
 * kind have one shape; a seat's twelve fields are counted, because there are millions of them.
 */
import type { Channel, DeviceId, State, UserId } from "@hereabouts/protocol";
import type { Change, Instant } from "../ports.ts";
import type { Timed } from "../timing-wheel.ts";
import type { SeatList } from "./seat-list.ts";

/** Whatever the wheel may hand out. */
export type TableItem = Seat | Absence | ChannelRecord;

/** The leases of a seat that several devices hold: when each ends. `undefined` is the lease of the unnamed. */
export type Leases = Map<DeviceId | undefined, Instant>;

/** One user's place in one channel. Its `deadline` is that of its latest lease. */
export interface Seat extends Timed<TableItem> {
  readonly record: ChannelRecord;
  readonly user: UserId;
  /** The user's seat taken after this one; in the latest, how many seats the user has. */
  newer: Seat | number;
  /** The user's seat taken before this one. */
  older: Seat | undefined;
  /** When it was taken. */
  readonly since: Instant;
  /** How long a renewal lasts: the latest timeout that any request named. */
  timeoutMs: number;
  /** The one device that holds the seat (`undefined`: an unnamed one), or the leases of several. */
  holder: DeviceId | Leases | undefined;
  state: State | undefined;
}

/** What is remembered of a user who has no seat in a channel. Its `deadline` is the later of its two ends. */
export interface Absence extends Timed<TableItem> {
  readonly record: ChannelRecord;
  readonly user: UserId;
  /** State that waits for the user's join, until `stateEndsAt`. */
  state: State | undefined;
  stateEndsAt: Instant;
  /** Until when implied touches are refused. */
  debounceEndsAt: Instant;
}

/** One channel. On the wheel only while it is empty: its `deadline` is when it is forgotten, and only grows. */
export interface ChannelRecord extends Timed<TableItem> {
  readonly channel: Channel;
  readonly epoch: string;
  revision: number;
  /** In the order they were taken. */
  readonly seats: Map<UserId, Seat>;
  /** How many of the seats are due, yet not ended. */
  dueSeats: number;
  absences: Map<UserId, Absence> | undefined;
  /** The seats that are not due, in a large channel. */
  list: SeatList | undefined;
}

/** A channel's record at the beginning of its life. */
export function createRecord(channel: Channel, epoch: string, order: number): ChannelRecord {
  return {
    deadline: 0,
    order,
    before: undefined,
    after: undefined,
    channel,
    epoch,
    revision: 0,
    seats: new Map<UserId, Seat>(),
    dueSeats: 0,
    absences: undefined,
    list: undefined,
  };
}

/** What is particular to a new seat. */
export type NewSeat = Pick<
  Seat,
  "deadline" | "order" | "record" | "user" | "since" | "timeoutMs" | "holder" | "state"
>;

/** A seat, in no list yet. What a renewal touches comes first: with it in one cache line, a renewal waits for one less. */
export function createSeat(from: NewSeat): Seat {
  return {
    deadline: from.deadline,
    timeoutMs: from.timeoutMs,
    holder: from.holder,
    record: from.record,
    user: from.user,
    order: from.order,
    before: undefined,
    after: undefined,
    newer: 0,
    older: undefined,
    since: from.since,
    state: from.state,
  };
}

/** An absence with nothing to remember yet. */
export function createAbsence(record: ChannelRecord, user: UserId, order: number): Absence {
  return {
    deadline: 0,
    order,
    before: undefined,
    after: undefined,
    record,
    user,
    state: undefined,
    stateEndsAt: 0,
    debounceEndsAt: 0,
  };
}

/** Seats that are not due. */
export function liveSeats(record: ChannelRecord): number {
  return record.seats.size - record.dueSeats;
}

/** An absence's state, unless its time is up. */
export function liveState(absence: Absence | undefined, now: Instant): State | undefined {
  return absence !== undefined && absence.stateEndsAt > now ? absence.state : undefined;
}

/** What a change is about. */
export type ChangeOf = Pick<Change, "kind" | "user" | "state" | "at">;

/** Counts a change in a channel that has been made already. */
export function recordChange(record: ChannelRecord, change: ChangeOf): Change {
  record.revision++;
  return {
    kind: change.kind,
    channel: record.channel,
    user: change.user,
    state: change.state,
    occupancy: record.seats.size,
    revision: record.revision,
    epoch: record.epoch,
    at: change.at,
  };
}
