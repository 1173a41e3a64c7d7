/**
 * The ledger: who sits in which channel until when, with what state. One per keyset. It is the specification of every
 * engine: deterministic, synchronous, without a clock, dice or I/O. A verb answers with the changes it made.
 *
 * Time is whole milliseconds (fractions are dropped) and never runs backwards here: an earlier `now` than one seen
 * before counts as that one, so what has been shown as ended stays ended.
 */
import { type Channel, type DeviceId, emptyState, type State, type UserId } from "@hereabouts/protocol";
import { assert } from "./assert.ts";
import { Channels } from "./ledger/channels.ts";
import { endLease, leaseEnd, renewLease, shortenLease } from "./ledger/leases.ts";
import { emptyPage, occupantsOf } from "./ledger/page.ts";
import { refreshSeat } from "./ledger/seat-list.ts";
import { dumpContents, type LedgerRecord, restoreContents } from "./ledger/snapshot.ts";
import {
  type ChannelRecord,
  createRecord,
  createSeat,
  liveSeats,
  liveState,
  type Seat,
} from "./ledger/table.ts";
import { ownJoinWindowMs, seatsPerUserMax } from "./limits.ts";
import type {
  Change,
  ChannelView,
  Instant,
  LeaveRequest,
  OccupiedChannels,
  Page,
  SeatRequest,
  StateRequest,
} from "./ports.ts";

/** What names a ledger's life. */
export interface LedgerOptions {
  /** Differs from that of every other life; the epochs of channels are made from it. */
  readonly epoch: string;
}

/** How to restore a ledger. */
export interface RestoreOptions extends LedgerOptions {
  /** Added to every instant, in whole milliseconds: for a clock that went back between two lives. Default 0. */
  readonly shiftMs?: number;
}

/** What a touch came to, in the ledger. */
export interface LedgerTouched {
  readonly changes: readonly Change[];
  /** Where asked for: channels where the user's seat is at most `ownJoinWindowMs` old, those just joined included. */
  readonly recentJoins: readonly Channel[];
  /** When implied seats were refused by a debounce: the latest instant at which asking again will do. */
  readonly refusedUntil: Instant | undefined;
  /** Channels where the user got no seat because it has `seatsPerUserMax` already. */
  readonly channelsOverLimit: readonly Channel[];
}

/** The outcome of most touches, shared between them. */
const onlyRenewed: LedgerTouched = Object.freeze({
  changes: Object.freeze([]),
  recentJoins: Object.freeze([]),
  refusedUntil: undefined,
  channelsOverLimit: Object.freeze([]),
});

/** How much a ledger holds. */
export interface LedgerCounts {
  readonly seats: number;
  readonly users: number;
  /** Channels remembered, the empty ones included. */
  readonly channels: number;
  /** Users without a seat of whom something is remembered, once per channel. */
  readonly absences: number;
}

/** Who sits where, until when. */
export class Ledger {
  readonly #epoch: string;
  #table: Channels;
  #lastOrder = 0;

  constructor({ epoch }: LedgerOptions) {
    this.#epoch = epoch;
    this.#table = new Channels(0);
  }

  /** A ledger that cannot be told from the dumped one, but for the epochs of channels it makes from now on. */
  static restore(records: Iterable<LedgerRecord>, options: RestoreOptions): Ledger {
    const ledger = new Ledger(options);
    const { table, lastOrder } = restoreContents(records, options.shiftMs ?? 0);
    ledger.#table = table;
    ledger.#lastOrder = lastOrder;
    return ledger;
  }

  /** Everything it holds, as records that JSON can carry. It must not be used until the last has been taken. */
  dump(): Iterable<LedgerRecord> {
    return dumpContents({ table: this.#table, lastOrder: this.#lastOrder });
  }

  /** Seats in the table, those due and not yet ended included. */
  get seatCount(): number {
    return this.#table.seatCount;
  }

  /** How much there is of everything. */
  counts(): LedgerCounts {
    const { seatCount, users, records, absences } = this.#table;
    return { seats: seatCount, users: users.size, channels: records.size, absences: absences.size };
  }

  /** Seats a user in channels, or renews the leases it has there. A renewal is no change. */
  touch(request: SeatRequest, now: Instant): LedgerTouched {
    const at = this.#advance(now);
    if (isPlain(request) && this.#renewEverywhere(request)) return onlyRenewed;
    const changes: Change[] = [];
    const recentJoins: Channel[] = [];
    const channelsOverLimit: Channel[] = [];
    let refusedUntil: Instant | undefined;
    for (const channel of request.channels) {
      const seat = this.#liveSeat(channel, request.user, changes);
      const taken = seat === undefined ? this.#take(channel, request, changes) : this.#renew(seat, request);
      if (taken === "over-limit") channelsOverLimit.push(channel);
      else if (typeof taken === "number") refusedUntil = Math.max(refusedUntil ?? 0, taken);
      else {
        const state = request.states?.get(channel);
        if (state !== undefined) this.#replaceState(taken, state, changes);
        if (request.asksForOwnJoins && taken.since >= at - ownJoinWindowMs) recentJoins.push(channel);
      }
    }
    return { changes, recentJoins, refusedUntil, channelsOverLimit };
  }

  /** Gives up leases, at once or with a grace; a seat ends with its last. Leaving a seat one does not have is no change. */
  leave(request: LeaveRequest, now: Instant): readonly Change[] {
    const at = this.#advance(now);
    const graceMs = wholeMs(request.graceMs ?? 0);
    const changes: Change[] = [];
    for (const channel of request.channels) {
      const seat = this.#liveSeat(channel, request.user, changes);
      if (seat === undefined) continue;
      if (graceMs > 0) {
        this.#letStand(seat, request.device, at + graceMs);
        continue;
      }
      const left = endLease(seat, request.device, at);
      if (left === "none") continue;
      if (left !== "last") {
        this.#table.graces.cancel(seat, request.device);
        this.#table.moveDeadline(seat, left);
        continue;
      }
      changes.push(this.#end(seat, "leave", at));
      this.#debounce(seat, at + wholeMs(request.debounceMs));
    }
    return changes;
  }

  /** Replaces a user's state, seated or not. The empty state clears; setting what is there already is no change. */
  setState(request: StateRequest, now: Instant): readonly Change[] {
    this.#advance(now);
    const changes: Change[] = [];
    for (const channel of request.channels) {
      const seat = this.#liveSeat(channel, request.user, changes);
      if (seat === undefined) this.#keepState(channel, request, changes);
      else this.#replaceState(seat, request.state, changes);
    }
    return changes;
  }

  /** Ends at most `limit` seats whose deadline has come, in the order of their deadlines. */
  sweep(now: Instant, limit: number): readonly Change[] {
    this.#advance(now);
    const changes: Change[] = [];
    for (const seat of this.#table.due) {
      if (changes.length >= limit) break;
      changes.push(this.#endOfItself(seat));
    }
    return changes;
  }

  /** One page of a channel, with its full occupancy. A channel never heard of has the epoch `""` and revision 0. */
  channel(channel: Channel, page: Page, now: Instant): ChannelView {
    const at = this.#advance(now);
    const record = this.#table.records.get(channel);
    const epoch = record?.epoch ?? "";
    const revision = record?.revision ?? 0;
    const occupancy = record === undefined ? 0 : liveSeats(record);
    const known = page.unless;
    const isKnown =
      known !== undefined &&
      known.revision === revision &&
      known.occupancy === occupancy &&
      known.epoch === epoch;
    if (isKnown) return { channel, occupancy, epoch, revision, occupants: undefined, next: undefined };
    const { occupants, runs, next } = record === undefined ? emptyPage : occupantsOf(record, page, at);
    // Written out: a count is hardly more than this object, and spreading takes several times as long.
    if (runs === undefined) return { channel, occupancy, epoch, revision, occupants, next };
    return { channel, occupancy, epoch, revision, occupants, runs, next };
  }

  /** At most `limit` of the channels with occupants, with totals over all. */
  occupied(limit: number, now: Instant): OccupiedChannels {
    this.#advance(now);
    const { occupied, liveSeatCount } = this.#table;
    const channels: Channel[] = [];
    for (const record of occupied) {
      if (channels.length >= limit) break;
      channels.push(record.channel);
    }
    return { channels, totalChannels: occupied.size, totalOccupancy: liveSeatCount };
  }

  /** Every channel where a user sits, in the order it took its seats. */
  user(user: UserId, now: Instant): readonly Channel[] {
    const at = this.#advance(now);
    const channels: Channel[] = [];
    for (const seat of this.#table.users.seats(user)) {
      if (seat.deadline > at) channels.push(seat.record.channel);
    }
    return channels;
  }

  /** A user's state in each of these channels, seated there or not; in their order. */
  states(user: UserId, channels: readonly Channel[], now: Instant): readonly (State | undefined)[] {
    const at = this.#advance(now);
    return channels.map((channel) => {
      const record = this.#table.records.get(channel);
      const seat = record?.seats.get(user);
      if (seat === undefined) return liveState(record?.absences?.get(user), at);
      return seat.deadline > at ? seat.state : undefined;
    });
  }

  /** An instant before which no deadline comes; in the past when seats are due; `undefined` when there is none. */
  nextDue(): Instant | undefined {
    return this.#table.nextDue();
  }

  #advance(now: Instant): Instant {
    assert(Number.isFinite(now), "now is an instant");
    return this.#table.advance(Math.floor(now));
  }

  /** A user's seat in a channel. One that is due is ended first, and then it has none. */
  #liveSeat(channel: Channel, user: UserId, changes: Change[]): Seat | undefined {
    const seat = this.#table.records.get(channel)?.seats.get(user);
    if (seat === undefined || seat.deadline > this.#table.now) return seat;
    changes.push(this.#endOfItself(seat));
    return undefined;
  }

  /** Renews without making anything; false when a seat is missing, and then some of them may be renewed: harmlessly. */
  #renewEverywhere(request: SeatRequest): boolean {
    const { records, now } = this.#table;
    for (const channel of request.channels) {
      const seat = records.get(channel)?.seats.get(request.user);
      if (seat === undefined || seat.deadline <= now) return false;
      this.#renew(seat, request);
    }
    return true;
  }

  #renew(seat: Seat, request: SeatRequest): Seat {
    const { now: at, graces } = this.#table;
    if (graces.size > 0) graces.cancel(seat, request.device);
    if (request.timeoutSeconds !== undefined) seat.timeoutMs = timeoutMs(request.timeoutSeconds);
    let endsAt = at + seat.timeoutMs;
    // The seat's timeout may be another device's, shorter than what this one asked for once: that is not taken from it.
    if (request.timeoutSeconds === undefined) endsAt = Math.max(endsAt, leaseEnd(seat, request.device));
    this.#table.moveDeadline(seat, renewLease(seat, request.device, endsAt, at));
    return seat;
  }

  /** Takes a seat for an absent user, unless a debounce (until the instant answered) or the limit is against it. */
  #take(channel: Channel, request: SeatRequest, changes: Change[]): Seat | Instant | "over-limit" {
    const { now: at, users } = this.#table;
    const { user } = request;
    const absence = this.#table.records.get(channel)?.absences?.get(user);
    if (request.intent === "implied" && absence !== undefined && absence.debounceEndsAt > at) {
      return absence.debounceEndsAt;
    }
    if (users.count(user) >= seatsPerUserMax) return "over-limit";
    const record = this.#openRecord(channel);
    const lasts = timeoutMs(request.timeoutSeconds ?? request.defaultTimeoutSeconds);
    const state = liveState(absence, at);
    if (absence !== undefined) this.#table.removeAbsence(absence);
    const seat = this.#newSeat(record, request, lasts, state);
    changes.push(this.#table.log(record, { kind: "join", user: seat.user, state, at }));
    return seat;
  }

  #newSeat(record: ChannelRecord, request: SeatRequest, lasts: number, state: State | undefined): Seat {
    const { now: at, users } = this.#table;
    const seat = createSeat({
      deadline: at + lasts,
      order: this.#nextOrder(),
      record,
      user: users.intern(request.user),
      since: at,
      timeoutMs: lasts,
      holder: request.device,
      state,
    });
    this.#table.addSeat(seat);
    return seat;
  }

  /** A lease stands until `endsAt` unless it is renewed. One that ends by then anyway has its own end. */
  #letStand(seat: Seat, device: DeviceId | undefined, endsAt: Instant): void {
    const deadline = shortenLease(seat, device, endsAt, this.#table.now);
    if (deadline === "none") return;
    this.#table.graces.begin(seat, device);
    this.#table.moveDeadline(seat, deadline);
  }

  /** Ends a seat whose deadline has come. */
  #endOfItself(seat: Seat): Change {
    return this.#end(seat, this.#table.graces.kindOfEnd(seat), seat.deadline);
  }

  #end(seat: Seat, kind: "leave" | "timeout", at: Instant): Change {
    this.#table.removeSeat(seat);
    return this.#table.log(seat.record, { kind, user: seat.user, state: seat.state, at });
  }

  #debounce(seat: Seat, endsAt: Instant): void {
    if (endsAt <= this.#table.now) return;
    const absence = this.#table.openAbsence(seat.record, seat.user, this.#nextOrder());
    absence.debounceEndsAt = endsAt;
    this.#table.fileAbsence(absence);
  }

  #replaceState(seat: Seat, state: State, changes: Change[]): void {
    const replacement = state === emptyState ? undefined : state;
    if (replacement === seat.state) return;
    seat.state = replacement;
    refreshSeat(seat);
    const { user, record } = seat;
    changes.push(
      this.#table.log(record, { kind: "state-change", user, state: replacement, at: this.#table.now }),
    );
  }

  /** Replaces the state of a user without a seat. */
  #keepState(channel: Channel, request: StateRequest, changes: Change[]): void {
    const { now: at, records } = this.#table;
    const { user } = request;
    const known = records.get(channel)?.absences?.get(user);
    const former = liveState(known, at);
    const state = request.state === emptyState ? undefined : request.state;
    if (state === undefined && former === undefined) return;
    const record = this.#openRecord(channel);
    const absence = this.#table.openAbsence(record, user, this.#nextOrder());
    absence.state = state;
    absence.stateEndsAt = state === undefined ? 0 : at + wholeMs(request.keepMs);
    if (Math.max(absence.stateEndsAt, absence.debounceEndsAt) > at) this.#table.fileAbsence(absence);
    else this.#table.removeAbsence(absence);
    if (state === former) return;
    changes.push(this.#table.log(record, { kind: "state-change", user, state, at }));
  }

  #openRecord(channel: Channel): ChannelRecord {
    return this.#table.openRecord(channel, () => {
      const order = this.#nextOrder();
      return createRecord(channel, `${this.#epoch}.${order.toString(36)}`, order);
    });
  }

  #nextOrder(): number {
    return ++this.#lastOrder;
  }
}

/** Whether a touch of seats that are there comes to nothing but their renewal. */
function isPlain(request: SeatRequest): boolean {
  return request.states === undefined && !request.asksForOwnJoins;
}

function timeoutMs(seconds: number): number {
  assert(seconds > 0, "a presence timeout is longer than nothing");
  return wholeMs(seconds * 1_000);
}

/** A span of time in whole milliseconds: never shorter than asked for. */
function wholeMs(ms: number): number {
  assert(ms >= 0, "a span of time is not negative");
  return Math.ceil(ms);
}
