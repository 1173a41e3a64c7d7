/**
 * The narrow interfaces between the service and whatever keeps seats, entries, groups and keysets. They speak of the
 * domain, not of any store; a new verb needs a decision page.
 *
 * What every engine promises:
 * - It never reads a clock: `now` is passed. A store's own expiry is only rubbish collection, with slack.
 * - A verb is atomic within one channel of a keyset, and only there.
 * - A change and its log entry are one atomic step: when a verb returns, its changes are in the log, but for those of
 *   which a summary tells instead (see `TickBook`).
 * - `sweep` may be called by every node at once; no ended seat is handed out twice and none is kept back for ever.
 * - A view never shows a seat whose deadline is at or before `now`, swept or not.
 * - Changes come in the order of the channels in the request; a sweep's in the order of deadlines.
 * - It throws only `EngineError`.
 */
import type {
  Channel,
  DeviceId,
  Group,
  JsonText,
  Occupant,
  OccupantRun,
  PagePlace,
  State,
  SubscribeKey,
  Timetoken,
  UserId,
} from "@hereabouts/protocol";
import type { Keyset } from "./policy.ts";

/** Milliseconds since the Unix epoch. */
export type Instant = number;

/** Takes something back: a timer, a watch. Calling it twice is harmless. */
export type Cancel = () => void;

/** Tells the time. */
export interface Clock {
  now(): Instant;
}

/** One-shot timers. Never early; timers for the same instant run in the order they were set. */
export interface Scheduler extends Clock {
  at(when: Instant, run: () => void): Cancel;
  /** Runs after what is under way, before timers: once per turn of the event loop. */
  soon(run: () => void): void;
}

/** Where dice are thrown. */
export interface Random {
  /** An integer from 0 to 2^32 - 1. */
  uint32(): number;
}

/** What a verb did to one seat. */
export interface Change {
  readonly kind: "join" | "leave" | "timeout" | "state-change";
  readonly channel: Channel;
  readonly user: UserId;
  /** State after a state change, before a leave or timeout, or found by a join; `undefined` when there is none. */
  readonly state: State | undefined;
  /** Seats in the channel after this change. */
  readonly occupancy: number;
  /** Counts up by one per change in the channel, so that gaps are visible. */
  readonly revision: number;
  /** The life of that count: new when the channel's history was lost. */
  readonly epoch: string;
  readonly at: Instant;
  /**
   * In the log: the channel is being summed up (see `TickBook`), so changes before this one may have been left out of the
   * log. The summary to come tells of them, and of this one again.
   */
  readonly isSummedUp?: true;
}

/** A wish to sit in channels. */
export interface SeatRequest {
  readonly user: UserId;
  /** The device whose lease is renewed; `undefined` is the one lease of all clients that do not name themselves. */
  readonly device: DeviceId | undefined;
  /** Without duplicates and without presence channels. */
  readonly channels: readonly Channel[];
  /**
   * The presence timeout asked for. `undefined` leaves a seat's own alone, the newest that was asked for, and renews for
   * that long; but it takes no time from a lease that lasts longer, which its device asked for before another device
   * asked for less.
   */
  readonly timeoutSeconds: number | undefined;
  /** The presence timeout of a new seat when none is asked for. */
  readonly defaultTimeoutSeconds: number;
  /** New states; channels that are missing keep theirs. */
  readonly states: ReadonlyMap<Channel, State> | undefined;
  /**
   * `deliberate`: the client says it is there (handshake, heartbeat). `implied`: it follows from a poll, and does not
   * take a seat that the user gave up so recently that the leave's debounce is not over.
   */
  readonly intent: "deliberate" | "implied";
  /** Whether `beforeOwnJoins` is asked for: by a handshake, which gives out a cursor. */
  readonly asksForOwnJoins: boolean;
}

/** What a touch came to. */
export interface Touched {
  readonly changes: readonly Change[];
  /**
   * A cursor from which a poll sees, in each of these channels, the join that this user's seat began with, where it is
   * at most `ownJoinWindowMs` old, this touch's included; `undefined` when there is none, or when it was not asked for.
   */
  readonly beforeOwnJoins: Timetoken | undefined;
  /** When implied seats were refused by a debounce: the latest instant at which asking again will do. */
  readonly refusedUntil: Instant | undefined;
  /** Channels where the user got no seat because it has `seatsPerUserMax` already. */
  readonly channelsOverLimit: readonly Channel[];
}

/** A wish to give seats up. */
export interface LeaveRequest {
  readonly user: UserId;
  /** The device whose lease is given up; the seat ends with its last lease. */
  readonly device: DeviceId | undefined;
  readonly channels: readonly Channel[];
  /** For how long implied touches shall not take the seat again. */
  readonly debounceMs: number;
  /**
   * Milliseconds for which the lease still stands: it ends then unless it is renewed meanwhile. A lease that ends by
   * itself by then is left as it is; none is made longer. A seat whose last lease ends so is told, when it is swept or
   * found to be over, as a leave with its state, and no debounce follows. Of leases that end together one in grace is
   * enough. Absent or 0: the lease ends at once.
   */
  readonly graceMs?: number;
}

/** A wish to replace a user's state. */
export interface StateRequest {
  readonly user: UserId;
  readonly channels: readonly Channel[];
  /** The empty state clears. */
  readonly state: State;
  /** How long the state of a user without a seat waits for its join. */
  readonly keepMs: number;
}

/** Which part of a channel's occupants to see, in the order they took their seats. */
export interface Page {
  readonly offset: number;
  /**
   * Where the page before ended; `offset` counts from there. A place of another epoch is the beginning. Whoever walks
   * by places sees everybody who stays throughout exactly once.
   */
  readonly after?: PagePlace | undefined;
  /** 0 gives the occupancy alone. */
  readonly limit: number;
  /** What the caller holds already: when the channel still looks like this, occupants are left out. */
  readonly unless:
    | { readonly epoch: string; readonly revision: number; readonly occupancy: number }
    | undefined;
}

/** A channel as it is at an instant. */
export interface ChannelView {
  readonly channel: Channel;
  readonly occupancy: number;
  readonly epoch: string;
  readonly revision: number;
  /** `undefined` when the channel is as `page.unless` says. */
  readonly occupants: readonly Occupant[] | undefined;
  /** The same occupants once more, as stretches of lists that pages share; for large channels of engines that keep such. */
  readonly runs?: readonly OccupantRun[];
  /** Where the next page begins; `undefined` when there are no more occupants, or when `occupants` is. */
  readonly next: PagePlace | undefined;
}

/** A keyset's channels that have occupants. */
export interface OccupiedChannels {
  /** At most `limit` of them. */
  readonly channels: readonly Channel[];
  readonly totalChannels: number;
  readonly totalOccupancy: number;
}

/** Who sits where, until when. */
export interface PresenceStore {
  /**
   * Seats a user in channels, or renews the leases it has. A renewal is no change. The most frequent verb by far: an
   * engine that need not wait answers at once, and throws where it would reject.
   */
  touch(keyset: SubscribeKey, request: SeatRequest, now: Instant): Touched | Promise<Touched>;
  /** Gives up leases, at once or with a grace; a seat ends with its last. Leaving a seat one does not have is no change. */
  leave(keyset: SubscribeKey, request: LeaveRequest, now: Instant): Promise<readonly Change[]>;
  /**
   * Replaces a user's state. Setting what it is already is no change. A user without a seat may have state too: it is
   * kept for `keepMs`, and its next join in that time finds it.
   */
  setState(keyset: SubscribeKey, request: StateRequest, now: Instant): Promise<readonly Change[]>;
  /** Ends at most `limit` seats whose deadline has come. Each ended seat is handed to exactly one caller, ever. */
  sweep(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly Change[]>;
  /** One page of a channel, with its full occupancy. */
  channel(
    keyset: SubscribeKey,
    channel: Channel,
    page: Page,
    now: Instant,
  ): ChannelView | Promise<ChannelView>;
  /** At most `limit` of the keyset's occupied channels, with totals over all. */
  occupied(keyset: SubscribeKey, limit: number, now: Instant): Promise<OccupiedChannels>;
  /** Every channel where the user sits. */
  user(keyset: SubscribeKey, user: UserId, now: Instant): Promise<readonly Channel[]>;
  /** A user's state in each of these channels, seated there or not; in their order. */
  states(
    keyset: SubscribeKey,
    user: UserId,
    channels: readonly Channel[],
    now: Instant,
  ): Promise<readonly (State | undefined)[]>;
}

/** Something published on a channel. */
export interface Publication {
  readonly kind: "message" | "signal";
  readonly channel: Channel;
  readonly publisher: UserId | undefined;
  readonly payload: JsonText;
  readonly meta: JsonText | undefined;
  readonly customMessageType: string | undefined;
  readonly sequence: number;
  readonly origin: Timetoken | undefined;
}

/** What time, not one change, has to tell of a channel: how it is now. Told on the channel's presence channel. */
export interface IntervalNotice {
  readonly channel: Channel;
  /** Seats in the channel at `at`. */
  readonly occupancy: number;
  /** The life of the count of changes, new when the channel's history was lost. */
  readonly epoch: string;
  /** The newest change that the notice covers. */
  readonly revision: number;
  readonly at: Instant;
  /** Who joined since the notice before, where the notice names them: each user once in each list, by its first change. */
  readonly joined?: readonly UserId[];
  /** Who left since then. */
  readonly left?: readonly UserId[];
  /** Whose time ran out since then. */
  readonly timedOut?: readonly UserId[];
  /**
   * The revision before the first change that the lists tell of: with `here` they bring every picture of the channel
   * from this revision on up to `revision`. Absent where they do not tell enough for that.
   */
  readonly sinceRevision?: number;
  /** Of the users in the lists, those who sit there now, with their state. */
  readonly here?: ReadonlyMap<UserId, State | undefined>;
  /** The lists do not tell everything, or what was told before may not be so: read the channel's view instead. */
  readonly hereNowRefresh: boolean;
}

/** What the log holds: a publication on its channel; a change or a notice, told on the channel's presence channel. */
export type LogEntry =
  | { readonly kind: "publication"; readonly timetoken: Timetoken; readonly publication: Publication }
  | { readonly kind: "change"; readonly timetoken: Timetoken; readonly change: Change }
  | { readonly kind: "interval"; readonly timetoken: Timetoken; readonly interval: IntervalNotice };

/** Part of a log. */
export interface LogPage {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** Where to read on: the last entry's timetoken when the limit cut, else a position nothing can appear at or below. */
  readonly cursor: Timetoken;
}

/**
 * A keyset's entries. Within a channel their order is the order they happened in; across channels it is the
 * timetoken's, and who keeps reading misses none and sees none twice.
 *
 * Topics are channels as subscribed to: `a` has a's publications; `a-pnpres` its changes and notices; a wildcard `a.*` the
 * publications of every channel it matches, and `a.*-pnpres` their changes and notices.
 */
export interface EventLog {
  /** Adds publications and gives each a timetoken greater than all before. */
  append(
    keyset: SubscribeKey,
    publications: readonly Publication[],
    now: Instant,
  ): Promise<readonly Timetoken[]>;
  /**
   * Entries of these topics after a cursor, each once. A cursor from the future, which only another service can have
   * given, reads as the present: nothing yet, and a cursor from which everything later is seen. At once where nothing has
   * to be waited for: every poll that comes reads.
   */
  read(
    keyset: SubscribeKey,
    topics: readonly Channel[],
    after: Timetoken,
    limit: number,
    now: Instant,
  ): LogPage | Promise<LogPage>;
  /** A position such that everything already in these topics is at or below it and everything later is above. */
  position(keyset: SubscribeKey, topics: readonly Channel[], now: Instant): Promise<Timetoken>;
  /** Wakes somebody when these topics may have news. May be spurious; never misses. */
  watch(keyset: SubscribeKey, topics: readonly Channel[], waker: Waker): Watch;
}

/** Somebody who waits for news. An object and no function: tens of thousands wait, and a closure costs each a scope. */
export interface Waker {
  /** Called for news. Must not throw. */
  wake(): void;
}

/** A watch that has begun. */
export interface Watch {
  /** Ends it: no wake-up comes any more. Calling it twice is harmless. */
  stop(): void;
}

/** Named sets of channels. A group exists while it has channels. Durable when the promise resolves. */
export interface GroupStore {
  /**
   * Adds channels, then removes channels, in one step. False, and nothing changes, when something is added and the
   * group would hold more than `channelsMax`, or the keyset more than `groupsPerKeysetMax` groups.
   */
  change(
    keyset: SubscribeKey,
    group: Group,
    change: { readonly add: readonly Channel[]; readonly remove: readonly Channel[] },
    channelsMax: number,
  ): Promise<boolean>;
  /** A group's channels in the order they were added; none for an unknown group. */
  channels(keyset: SubscribeKey, group: Group): Promise<readonly Channel[]>;
  /** The keyset's groups, by name. */
  groups(keyset: SubscribeKey): Promise<readonly Group[]>;
  /** Deletes a group. Deleting an unknown one is fine. */
  drop(keyset: SubscribeKey, group: Group): Promise<void>;
  /** Calls `wake` when one of these groups may have changed. May be spurious; never misses. */
  watch(keyset: SubscribeKey, groups: readonly Group[], wake: () => void): Cancel;
}

/** The tenants. Durable when the promise resolves. */
export interface KeysetStore {
  /** Every keyset in force. */
  list(): Promise<readonly Keyset[]>;
  /** Puts these in the place of all keysets there were. Seats and entries of keysets that are not among them are forgotten. */
  replace(keysets: readonly Keyset[]): Promise<void>;
  /** Calls `wake` when keysets may have changed. */
  watch(wake: () => void): Cancel;
}

/** When a channel is summed up instead of told change by change. */
export interface Summing {
  /** Occupancy up to which its changes are told one by one: those that leave more seats are left out of the log. */
  readonly announceMax: number;
  /** Milliseconds between two summaries. */
  readonly everyMs: number;
}

/** Says of a channel when it is summed up; `undefined` for never. Quick, without effects, and asked at every change. */
export type SummingOf = (keyset: SubscribeKey, channel: Channel) => Summing | undefined;

/**
 * Summaries of large channels. The change that leaves more than `announceMax` seats in a channel begins it, in the same
 * step: the first summary is due `everyMs` later, and then one every `everyMs` as long as there are so many; when there
 * are not, one more is the last. State changes are logged all the same.
 */
export interface TickBook {
  /** Says when channels are summed up. None is until this is said, once, before the first request. */
  govern(summingOf: SummingOf, now: Instant): void;
  /**
   * Writes the summaries that are due as `interval` entries, at most `limit`; each is written once, however many nodes
   * ask, and tells of every change since the one before.
   */
  fire(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly IntervalNotice[]>;
}

/** What keeps things: the ports together. */
export interface Engine {
  readonly presence: PresenceStore;
  readonly ticks: TickBook;
  readonly log: EventLog;
  readonly groups: GroupStore;
  readonly keysets: KeysetStore;
  /** Stores what shall outlast the process, as of `now`, and lets go of everything. */
  close(now: Instant): Promise<void>;
}

/** What an engine throws, and nothing else. */
export class EngineError extends Error {
  readonly code: "unavailable" | "timeout" | "corrupt";

  constructor(code: EngineError["code"], message: string, options: { readonly cause: unknown }) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}
