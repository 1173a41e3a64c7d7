/**
 * The ledger's rules once more, as plainly as they can be put: lists, and a scan for everything. Slow on purpose; what
 * it answers is what the real ledger has to answer. Sizes stay far below the limits, which it does not know.
 */
import { type Channel, type DeviceId, emptyState, type State, type UserId } from "@hereabouts/protocol";
import { emptyChannelRetentionMs, ownJoinWindowMs } from "../../src/limits.ts";
import type {
  Change,
  ChannelView,
  Instant,
  LeaveRequest,
  OccupiedChannels,
  Page,
  SeatRequest,
  StateRequest,
} from "../../src/ports.ts";

interface NaiveSeat {
  readonly channel: Channel;
  readonly user: UserId;
  since: Instant;
  timeoutMs: number;
  leases: { device: DeviceId | undefined; endsAt: Instant; inGrace: boolean }[];
  state: State | undefined;
}

interface NaiveRecord {
  readonly channel: Channel;
  readonly epoch: string;
  revision: number;
  forgetAt: Instant;
}

interface NaiveAbsence {
  readonly channel: Channel;
  readonly user: UserId;
  readonly kind: "state" | "debounce";
  readonly state: State | undefined;
  endsAt: Instant;
}

export class NaiveLedger {
  #now = 0;
  #epochs = 0;
  /** In the order they were taken. */
  #seats: NaiveSeat[] = [];
  #records: NaiveRecord[] = [];
  #absences: NaiveAbsence[] = [];
  /** Channels with live seats, in the order they came to have some. */
  #occupied: Channel[] = [];

  touch(request: SeatRequest, now: Instant) {
    this.#advance(now);
    const changes: Change[] = [];
    const recentJoins: Channel[] = [];
    let refusedUntil: Instant | undefined;
    for (const channel of request.channels) {
      this.#endIfDue(channel, request.user, changes);
      const debounce = this.#absence(channel, request.user, "debounce");
      let seat = this.#seat(channel, request.user);
      if (seat === undefined && request.intent === "implied" && debounce !== undefined) {
        refusedUntil = Math.max(refusedUntil ?? 0, debounce.endsAt);
        continue;
      }
      if (seat === undefined) seat = this.#join(channel, request, changes);
      else this.#renew(seat, request);
      const state = request.states?.get(channel);
      if (state !== undefined) this.#setSeatState(seat, state, changes);
      if (this.#now - seat.since <= ownJoinWindowMs) recentJoins.push(channel);
    }
    this.#settle();
    return { changes, recentJoins, refusedUntil, channelsOverLimit: [] };
  }

  leave(request: LeaveRequest, now: Instant): Change[] {
    this.#advance(now);
    const changes: Change[] = [];
    for (const channel of request.channels) {
      this.#endIfDue(channel, request.user, changes);
      const seat = this.#seat(channel, request.user);
      if (seat === undefined) continue;
      seat.leases = seat.leases.filter(({ endsAt }) => endsAt > this.#now);
      const rest = seat.leases.filter(({ device }) => device !== request.device);
      if (rest.length === seat.leases.length) continue;
      if (request.graceMs !== undefined && request.graceMs > 0) {
        const endsAt = this.#now + request.graceMs;
        seat.leases = seat.leases.map((lease) =>
          lease.device === request.device && lease.endsAt > endsAt
            ? { ...lease, endsAt, inGrace: true }
            : lease,
        );
        continue;
      }
      if (rest.length > 0) {
        seat.leases = rest;
        continue;
      }
      changes.push(this.#end(seat, "leave", this.#now));
      const endsAt = this.#now + request.debounceMs;
      this.#remember({ channel, user: request.user, kind: "debounce", state: undefined, endsAt });
    }
    this.#settle();
    return changes;
  }

  setState(request: StateRequest, now: Instant): Change[] {
    this.#advance(now);
    const changes: Change[] = [];
    for (const channel of request.channels) {
      this.#endIfDue(channel, request.user, changes);
      const seat = this.#seat(channel, request.user);
      if (seat !== undefined) this.#setSeatState(seat, request.state, changes);
      else this.#setAbsentState(channel, request, changes);
    }
    this.#settle();
    return changes;
  }

  sweep(now: Instant, limit: number): Change[] {
    this.#advance(now);
    const due = this.#seats.filter((seat) => deadline(seat) <= this.#now);
    const inOrder = due.sort(
      (left, right) =>
        deadline(left) - deadline(right) || this.#seats.indexOf(left) - this.#seats.indexOf(right),
    );
    const changes = inOrder.slice(0, limit).map((seat) => this.#end(seat, kindOfEnd(seat), deadline(seat)));
    this.#settle();
    return changes;
  }

  channel(channel: Channel, page: Page, now: Instant): ChannelView {
    this.#advance(now);
    const record = this.#record(channel);
    const live = this.#live().filter((seat) => seat.channel === channel);
    const occupants = live.slice(page.offset, page.offset + page.limit).map((seat) => ({
      user: seat.user,
      state: seat.state,
      since: seat.since,
      devices: seat.leases.filter(({ endsAt }) => endsAt > this.#now).length,
    }));
    return {
      channel,
      occupancy: live.length,
      epoch: record?.epoch ?? "",
      revision: record?.revision ?? 0,
      occupants,
      next: undefined,
    };
  }

  occupied(limit: number, now: Instant): OccupiedChannels {
    this.#advance(now);
    return {
      channels: this.#occupied.slice(0, limit),
      totalChannels: this.#occupied.length,
      totalOccupancy: this.#live().length,
    };
  }

  user(user: UserId, now: Instant): Channel[] {
    this.#advance(now);
    return this.#live()
      .filter((seat) => seat.user === user)
      .map((seat) => seat.channel);
  }

  states(user: UserId, channels: readonly Channel[], now: Instant): (State | undefined)[] {
    this.#advance(now);
    return channels.map((channel) => {
      const seat = this.#seat(channel, user);
      if (seat !== undefined) return deadline(seat) > this.#now ? seat.state : undefined;
      return this.#absence(channel, user, "state")?.state;
    });
  }

  /** The soonest deadline of a seat. */
  soonest(): Instant | undefined {
    return this.#seats.length === 0 ? undefined : Math.min(...this.#seats.map(deadline));
  }

  counts() {
    return {
      seats: this.#seats.length,
      users: new Set(this.#seats.map((seat) => seat.user)).size,
      channels: this.#records.length,
      absences: new Set(this.#absences.map(({ channel, user }) => `${channel},${user}`)).size,
    };
  }

  /** Moves every instant. */
  shift(ms: number): void {
    this.#now += ms;
    for (const seat of this.#seats) {
      seat.since += ms;
      for (const lease of seat.leases) lease.endsAt += ms;
    }
    for (const record of this.#records) record.forgetAt += ms;
    for (const absence of this.#absences) absence.endsAt += ms;
  }

  #advance(now: Instant): void {
    this.#now = Math.max(this.#now, now);
    this.#settle();
  }

  /** What goes without a word, and which channels have occupants. */
  #settle(): void {
    this.#absences = this.#absences.filter(({ endsAt }) => endsAt > this.#now);
    this.#records = this.#records.filter(
      ({ channel, forgetAt }) => forgetAt > this.#now || this.#seats.some((seat) => seat.channel === channel),
    );
    const live = new Set(this.#live().map((seat) => seat.channel));
    this.#occupied = this.#occupied.filter((channel) => live.has(channel));
  }

  #live(): NaiveSeat[] {
    return this.#seats.filter((seat) => deadline(seat) > this.#now);
  }

  #seat(channel: Channel, user: UserId): NaiveSeat | undefined {
    return this.#seats.find((seat) => seat.channel === channel && seat.user === user);
  }

  #record(channel: Channel): NaiveRecord | undefined {
    return this.#records.find((record) => record.channel === channel);
  }

  #absence(channel: Channel, user: UserId, kind: NaiveAbsence["kind"]): NaiveAbsence | undefined {
    return this.#absences.find(
      (absence) =>
        absence.channel === channel &&
        absence.user === user &&
        absence.kind === kind &&
        absence.endsAt > this.#now,
    );
  }

  #endIfDue(channel: Channel, user: UserId, changes: Change[]): void {
    const seat = this.#seat(channel, user);
    if (seat !== undefined && deadline(seat) <= this.#now) {
      changes.push(this.#end(seat, kindOfEnd(seat), deadline(seat)));
    }
  }

  #join(channel: Channel, request: SeatRequest, changes: Change[]): NaiveSeat {
    const timeoutMs = (request.timeoutSeconds ?? request.defaultTimeoutSeconds) * 1_000;
    const seat: NaiveSeat = {
      channel,
      user: request.user,
      since: this.#now,
      timeoutMs,
      leases: [{ device: request.device, endsAt: this.#now + timeoutMs, inGrace: false }],
      state: this.#absence(channel, request.user, "state")?.state,
    };
    this.#absences = this.#absences.filter(
      (absence) => absence.channel !== channel || absence.user !== request.user,
    );
    this.#seats.push(seat);
    if (!this.#occupied.includes(channel)) this.#occupied.push(channel);
    changes.push(this.#log("join", seat, seat.state, this.#now));
    return seat;
  }

  #renew(seat: NaiveSeat, request: SeatRequest): void {
    const own = seat.leases.find((lease) => lease.device === request.device);
    if (request.timeoutSeconds !== undefined) seat.timeoutMs = request.timeoutSeconds * 1_000;
    seat.leases = seat.leases.filter(({ device }) => device !== request.device);
    const atLeast = request.timeoutSeconds === undefined ? (own?.endsAt ?? 0) : 0;
    const endsAt = Math.max(this.#now + seat.timeoutMs, atLeast);
    seat.leases.push({ device: request.device, endsAt, inGrace: false });
    seat.leases = seat.leases.filter(({ endsAt }) => endsAt > this.#now);
  }

  #end(seat: NaiveSeat, kind: "leave" | "timeout", at: Instant): Change {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    return this.#log(kind, seat, seat.state, at);
  }

  #setSeatState(seat: NaiveSeat, state: State, changes: Change[]): void {
    const next = state === emptyState ? undefined : state;
    if (next === seat.state) return;
    seat.state = next;
    changes.push(this.#log("state-change", seat, next, this.#now));
  }

  #setAbsentState(channel: Channel, request: StateRequest, changes: Change[]): void {
    const { user, keepMs } = request;
    const former = this.#absence(channel, user, "state");
    const next = request.state === emptyState ? undefined : request.state;
    this.#absences = this.#absences.filter((absence) => absence !== former);
    if (next !== former?.state) changes.push(this.#log("state-change", { channel, user }, next, this.#now));
    if (next !== undefined) {
      this.#remember({ channel, user, kind: "state", state: next, endsAt: this.#now + keepMs });
    }
  }

  #remember(absence: NaiveAbsence): void {
    this.#absences.push(absence);
    const record = this.#record(absence.channel);
    if (record !== undefined) record.forgetAt = Math.max(record.forgetAt, absence.endsAt);
  }

  #log(
    kind: Change["kind"],
    { channel, user }: Pick<NaiveSeat, "channel" | "user">,
    state: State | undefined,
    at: Instant,
  ): Change {
    const record = this.#record(channel) ?? this.#newRecord(channel);
    record.revision++;
    record.forgetAt = Math.max(record.forgetAt, this.#now + emptyChannelRetentionMs);
    const occupancy = this.#seats.filter((seat) => seat.channel === channel).length;
    return { kind, channel, user, state, occupancy, revision: record.revision, epoch: record.epoch, at };
  }

  #newRecord(channel: Channel): NaiveRecord {
    const record = { channel, epoch: `naive-${++this.#epochs}`, revision: 0, forgetAt: 0 };
    this.#records.push(record);
    return record;
  }
}

/** What a seat that is over is told as. */
function kindOfEnd(seat: NaiveSeat): "leave" | "timeout" {
  const isLeave = seat.leases.some(({ endsAt, inGrace }) => inGrace && endsAt === deadline(seat));
  return isLeave ? "leave" : "timeout";
}

function deadline(seat: NaiveSeat): Instant {
  return Math.max(...seat.leases.map(({ endsAt }) => endsAt));
}
