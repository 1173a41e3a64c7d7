/**
 * What engines must agree with, in the plainest form: arrays that are looked through from end to end. It knows the rules
 * of seats, leases, states and debounces, and nothing of how anyone keeps them.
 */
import {
  type Change,
  type Instant,
  type LeaveRequest,
  ownJoinWindowMs,
  type SeatRequest,
  type StateRequest,
} from "@hereabouts/core";
import { type Channel, type DeviceId, emptyState, type State, type UserId } from "@hereabouts/protocol";

/** The parts of a change that the model can foretell; the rest are counts of the engine's own. */
export type ForetoldChange = Pick<Change, "kind" | "channel" | "user" | "state" | "occupancy" | "at">;

interface ModelLease {
  readonly device: DeviceId | undefined;
  readonly endsAt: Instant;
  /** Whether it was given up, and stands until then only. */
  readonly isInGrace: boolean;
}

/** A seat, in the order of the array it stands in. */
export interface ModelSeat {
  readonly channel: Channel;
  readonly user: UserId;
  since: Instant;
  timeoutMs: number;
  leases: ModelLease[];
  state: State | undefined;
}

interface ModelAbsence {
  readonly channel: Channel;
  readonly user: UserId;
  state: State | undefined;
  stateEndsAt: Instant;
  debounceEndsAt: Instant;
}

/** What a touch comes to. */
export interface ForetoldTouch {
  readonly changes: readonly ForetoldChange[];
  /** Channels where the user's join is recent. */
  readonly recentJoins: readonly Channel[];
  readonly refusedUntil: Instant | undefined;
}

/** All seats of a keyset. */
export class SeatModel {
  now: Instant;
  seats: ModelSeat[] = [];
  #absences: ModelAbsence[] = [];

  constructor(now: Instant) {
    this.now = now;
  }

  /** The seats that are shown in a channel. */
  occupants(channel: Channel): readonly ModelSeat[] {
    return this.seats.filter((seat) => seat.channel === channel && this.#isLive(seat));
  }

  /** The seats that are shown of a user. */
  seatsOf(user: UserId): readonly ModelSeat[] {
    return this.seats.filter((seat) => seat.user === user && this.#isLive(seat));
  }

  /** How many seats a channel has, those that are overdue and not swept included. */
  seatCount(channel: Channel): number {
    return this.seats.filter((seat) => seat.channel === channel).length;
  }

  /** How many devices hold a seat. */
  deviceCount(seat: ModelSeat): number {
    return seat.leases.filter((lease) => lease.endsAt > this.now).length;
  }

  stateOf(user: UserId, channel: Channel): State | undefined {
    const seat = this.#find(user, channel);
    if (seat !== undefined) return this.#isLive(seat) ? seat.state : undefined;
    return this.#waitingState(user, channel);
  }

  /** The state that a seat has, also when it is overdue and not swept. */
  seatStateOf(user: UserId, channel: Channel): State | undefined {
    return this.#find(user, channel)?.state;
  }

  touch(request: SeatRequest): ForetoldTouch {
    const changes: ForetoldChange[] = [];
    const refusals: Instant[] = [];
    const recentJoins: Channel[] = [];
    for (const channel of request.channels) {
      const refusedUntil = this.#touchOne(channel, request, changes);
      if (refusedUntil !== undefined) refusals.push(refusedUntil);
      const seat = this.#find(request.user, channel);
      if (seat !== undefined && this.now - seat.since <= ownJoinWindowMs) recentJoins.push(channel);
    }
    return { changes, recentJoins, refusedUntil: refusals.length === 0 ? undefined : Math.max(...refusals) };
  }

  leave(request: LeaveRequest): readonly ForetoldChange[] {
    const changes: ForetoldChange[] = [];
    for (const channel of request.channels) {
      const seat = this.#liveSeat(request.user, channel, changes);
      if (seat === undefined || !seat.leases.some((lease) => lease.device === request.device)) continue;
      if (request.graceMs !== undefined && request.graceMs > 0) {
        const endsAt = this.now + request.graceMs;
        const isGivenUp = (lease: ModelLease): boolean =>
          lease.device === request.device && lease.endsAt > endsAt;
        seat.leases = seat.leases.map((lease) =>
          isGivenUp(lease) ? { ...lease, endsAt, isInGrace: true } : lease,
        );
        continue;
      }
      seat.leases = seat.leases.filter((lease) => lease.device !== request.device && lease.endsAt > this.now);
      if (seat.leases.length > 0) continue;
      changes.push(this.#end(seat, "leave", this.now));
      this.#absence(request.user, channel).debounceEndsAt = this.now + request.debounceMs;
    }
    return changes;
  }

  setState(request: StateRequest): readonly ForetoldChange[] {
    const changes: ForetoldChange[] = [];
    const state = request.state === emptyState ? undefined : request.state;
    for (const channel of request.channels) {
      const seat = this.#liveSeat(request.user, channel, changes);
      const former = this.stateOf(request.user, channel);
      if (seat === undefined) {
        const absence = this.#absence(request.user, channel);
        absence.state = state;
        absence.stateEndsAt = this.now + request.keepMs;
      } else seat.state = state;
      if (state !== former) changes.push(this.#change("state-change", channel, request.user, state));
    }
    return changes;
  }

  /**
   * Ends one seat, as a sweep says it did. Which of several that are due at the same millisecond comes first is the
   * engine's choice, so it is followed; `undefined` when no such seat may end now.
   */
  followEnd(user: UserId, channel: Channel): ForetoldChange | undefined {
    const seat = this.#find(user, channel);
    if (seat === undefined || this.#isLive(seat)) return undefined;
    const deadline = deadlineOf(seat);
    if (this.seats.some((other) => deadlineOf(other) < deadline)) return undefined;
    return this.#end(seat, kindOfEnd(seat), deadline);
  }

  /** How many seats are overdue. */
  dueCount(): number {
    return this.seats.filter((seat) => !this.#isLive(seat)).length;
  }

  /** Moves every instant, as after a clock that went back. */
  shift(ms: number): void {
    this.now += ms;
    for (const seat of this.seats) {
      seat.since += ms;
      seat.leases = seat.leases.map((lease) => ({ ...lease, endsAt: lease.endsAt + ms }));
    }
    for (const absence of this.#absences) {
      absence.stateEndsAt += ms;
      absence.debounceEndsAt += ms;
    }
  }

  #touchOne(channel: Channel, request: SeatRequest, changes: ForetoldChange[]): Instant | undefined {
    let seat = this.#liveSeat(request.user, channel, changes);
    if (seat === undefined) {
      const absence = this.#absence(request.user, channel);
      if (request.intent === "implied" && absence.debounceEndsAt > this.now) return absence.debounceEndsAt;
      seat = this.#join(channel, request, changes);
    } else if (request.timeoutSeconds !== undefined) seat.timeoutMs = request.timeoutSeconds * 1_000;
    const kept = seat.leases.filter((lease) => lease.device !== request.device && lease.endsAt > this.now);
    const own = seat.leases.find((lease) => lease.device === request.device && lease.endsAt > this.now);
    const atLeast = request.timeoutSeconds === undefined ? (own?.endsAt ?? 0) : 0;
    const endsAt = Math.max(this.now + seat.timeoutMs, atLeast);
    seat.leases = [...kept, { device: request.device, endsAt, isInGrace: false }];
    const carried = request.states?.get(channel);
    if (carried === undefined) return undefined;
    const state = carried === emptyState ? undefined : carried;
    if (state === seat.state) return undefined;
    seat.state = state;
    changes.push(this.#change("state-change", channel, request.user, state));
    return undefined;
  }

  #join(channel: Channel, request: SeatRequest, changes: ForetoldChange[]): ModelSeat {
    const { user } = request;
    const state = this.#waitingState(user, channel);
    const timeoutMs = (request.timeoutSeconds ?? request.defaultTimeoutSeconds) * 1_000;
    const seat: ModelSeat = { channel, user, since: this.now, timeoutMs, leases: [], state };
    this.seats.push(seat);
    this.#absences = this.#absences.filter((absence) => absence.user !== user || absence.channel !== channel);
    changes.push(this.#change("join", channel, user, state));
    return seat;
  }

  #liveSeat(user: UserId, channel: Channel, changes: ForetoldChange[]): ModelSeat | undefined {
    const seat = this.#find(user, channel);
    if (seat === undefined || this.#isLive(seat)) return seat;
    changes.push(this.#end(seat, kindOfEnd(seat), deadlineOf(seat)));
    return undefined;
  }

  #end(seat: ModelSeat, kind: "leave" | "timeout", at: Instant): ForetoldChange {
    this.seats = this.seats.filter((other) => other !== seat);
    return { ...this.#change(kind, seat.channel, seat.user, seat.state), at };
  }

  #change(kind: Change["kind"], channel: Channel, user: UserId, state: State | undefined): ForetoldChange {
    return { kind, channel, user, state, occupancy: this.seatCount(channel), at: this.now };
  }

  #waitingState(user: UserId, channel: Channel): State | undefined {
    const absence = this.#absence(user, channel);
    return absence.stateEndsAt > this.now ? absence.state : undefined;
  }

  #absence(user: UserId, channel: Channel): ModelAbsence {
    const known = this.#absences.find((absence) => absence.user === user && absence.channel === channel);
    if (known !== undefined) return known;
    const absence = { channel, user, state: undefined, stateEndsAt: 0, debounceEndsAt: 0 };
    this.#absences.push(absence);
    return absence;
  }

  #find(user: UserId, channel: Channel): ModelSeat | undefined {
    return this.seats.find((seat) => seat.user === user && seat.channel === channel);
  }

  #isLive(seat: ModelSeat): boolean {
    return deadlineOf(seat) > this.now;
  }
}

/** What the end of a seat that is overdue is told as. */
function kindOfEnd(seat: ModelSeat): "leave" | "timeout" {
  const isLeave = seat.leases.some((lease) => lease.isInGrace && lease.endsAt === deadlineOf(seat));
  return isLeave ? "leave" : "timeout";
}

function deadlineOf(seat: ModelSeat): Instant {
  return Math.max(...seat.leases.map((lease) => lease.endsAt));
}
