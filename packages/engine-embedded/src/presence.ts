/** The ledgers behind their port: every verb runs one ledger, and logs what changed, in the same synchronous step. */
import {
  type Change,
  type ChannelView,
  type Instant,
  type LeaveRequest,
  Ledger,
  type OccupiedChannels,
  ownJoinWindowMs,
  type Page,
  type PresenceStore,
  type SeatRequest,
  type StateRequest,
  type Touched,
} from "@hereabouts/core";
import type { Channel, State, SubscribeKey, UserId } from "@hereabouts/protocol";
import type { EmbeddedEventLog } from "./event-log.ts";
import type { Gate } from "./gate.ts";
import type { EmbeddedTickBook } from "./ticks.ts";

/** What a presence store works on. */
export interface EmbeddedPresenceOptions {
  readonly ledgers: Map<SubscribeKey, Ledger>;
  readonly log: EmbeddedEventLog;
  readonly ticks: EmbeddedTickBook;
  /** The name of this life: differs from that of every other. */
  readonly epoch: string;
  readonly gate: Gate;
  /** Done at every sweep: what has to be done now and then hangs on the verb that is called now and then. */
  readonly keepHouse: (keyset: SubscribeKey, now: Instant) => void;
}

/** The outcome of most touches, shared between them. */
const nothingHappened: Touched = Object.freeze({
  changes: Object.freeze([]),
  beforeOwnJoins: undefined,
  refusedUntil: undefined,
  channelsOverLimit: Object.freeze([]),
});

const noChanges: readonly Change[] = Object.freeze([]);

/** The presence store of one process. Its verbs do all their work before they return the promise. */
export class EmbeddedPresenceStore implements PresenceStore {
  readonly #ledgers: Map<SubscribeKey, Ledger>;
  readonly #log: EmbeddedEventLog;
  readonly #ticks: EmbeddedTickBook;
  readonly #epoch: string;
  readonly #gate: Gate;
  readonly #keepHouse: EmbeddedPresenceOptions["keepHouse"];
  #forgotten = 0;

  constructor({ ledgers, log, ticks, epoch, gate, keepHouse }: EmbeddedPresenceOptions) {
    this.#ledgers = ledgers;
    this.#log = log;
    this.#ticks = ticks;
    this.#epoch = epoch;
    this.#gate = gate;
    this.#keepHouse = keepHouse;
  }

  touch(keyset: SubscribeKey, request: SeatRequest, now: Instant): Touched {
    const touched = this.#ledgerOf(keyset).touch(request, now);
    const { changes, recentJoins, refusedUntil, channelsOverLimit } = touched;
    if (changes.length > 0) this.#logged(keyset, changes, now);
    const recent = { channels: recentJoins, since: Math.floor(now) - ownJoinWindowMs };
    const beforeOwnJoins =
      recentJoins.length > 0 ? this.#log.beforeJoins(keyset, request.user, recent) : undefined;
    const isNothing = changes.length + channelsOverLimit.length === 0 && refusedUntil === undefined;
    if (isNothing && beforeOwnJoins === undefined) return nothingHappened;
    return { changes, beforeOwnJoins, refusedUntil, channelsOverLimit };
  }

  async leave(keyset: SubscribeKey, request: LeaveRequest, now: Instant): Promise<readonly Change[]> {
    return this.#logged(keyset, this.#ledgerOf(keyset).leave(request, now), now);
  }

  async setState(keyset: SubscribeKey, request: StateRequest, now: Instant): Promise<readonly Change[]> {
    return this.#logged(keyset, this.#ledgerOf(keyset).setState(request, now), now);
  }

  async sweep(keyset: SubscribeKey, now: Instant, limit: number): Promise<readonly Change[]> {
    this.#gate.pass();
    this.#keepHouse(keyset, now);
    const ledger = this.#ledgers.get(keyset);
    return ledger === undefined ? noChanges : this.#logged(keyset, ledger.sweep(now, limit), now);
  }

  channel(keyset: SubscribeKey, channel: Channel, page: Page, now: Instant): ChannelView {
    return this.#ledgerOf(keyset).channel(channel, page, now);
  }

  async occupied(keyset: SubscribeKey, limit: number, now: Instant): Promise<OccupiedChannels> {
    return this.#ledgerOf(keyset).occupied(limit, now);
  }

  async user(keyset: SubscribeKey, user: UserId, now: Instant): Promise<readonly Channel[]> {
    return this.#ledgerOf(keyset).user(user, now);
  }

  async states(
    keyset: SubscribeKey,
    user: UserId,
    channels: readonly Channel[],
    now: Instant,
  ): Promise<readonly (State | undefined)[]> {
    return this.#ledgerOf(keyset).states(user, channels, now);
  }

  /** Forgets the seats and entries of all keysets but these; nobody is told. */
  forgetOthers(inForce: ReadonlySet<SubscribeKey>): void {
    this.#log.forgetOthers(inForce);
    this.#ticks.forgetOthers(inForce);
    for (const keyset of this.#ledgers.keys()) {
      if (inForce.has(keyset)) continue;
      this.#ledgers.delete(keyset);
      this.#forgotten += 1;
    }
  }

  #logged(keyset: SubscribeKey, changes: readonly Change[], now: Instant): readonly Change[] {
    if (changes.length > 0) this.#log.appendChanges(keyset, this.#ticks.collect(keyset, changes, now), now);
    return changes;
  }

  #ledgerOf(keyset: SubscribeKey): Ledger {
    this.#gate.pass();
    let ledger = this.#ledgers.get(keyset);
    if (ledger === undefined) {
      // A keyset that was forgotten and is back lives a life of its own, or revisions would repeat.
      const epoch = this.#forgotten === 0 ? this.#epoch : `${this.#epoch}-${this.#forgotten}`;
      ledger = new Ledger({ epoch });
      this.#ledgers.set(keyset, ledger);
    }
    return ledger;
  }
}
