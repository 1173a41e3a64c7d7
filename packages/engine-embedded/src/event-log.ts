/** The log behind its port: one log per keyset, one source of timetokens for all. */
import {
  type Change,
  type Instant,
  type IntervalNotice,
  KeysetLog,
  type LogEntry,
  type LogPage,
  logEntriesPerKeysetMax,
  type Publication,
  type Waker,
  type Watch,
} from "@hereabouts/core";
import type { Channel, SubscribeKey, Timetoken, UserId } from "@hereabouts/protocol";
import type { TimetokenSource } from "./timetoken-source.ts";

/** What a log needs. */
export interface EmbeddedEventLogOptions {
  readonly timetokens: TimetokenSource;
  /** Places for entries in one keyset. Default `logEntriesPerKeysetMax`. */
  readonly entriesPerKeysetMax?: number;
}

/** All keysets' entries, in memory. Synchronous, so that a change and its entry are one step. */
export class EmbeddedEventLog {
  readonly #logs = new Map<SubscribeKey, KeysetLog>();
  readonly #timetokens: TimetokenSource;
  readonly #entriesMax: number;

  constructor({ timetokens, entriesPerKeysetMax = logEntriesPerKeysetMax }: EmbeddedEventLogOptions) {
    this.#timetokens = timetokens;
    this.#entriesMax = entriesPerKeysetMax;
  }

  /** Adds publications, gives each a timetoken, then wakes who waits for them. */
  append(keyset: SubscribeKey, publications: readonly Publication[], now: Instant): readonly Timetoken[] {
    const entries = publications.map((publication): LogEntry => {
      return { kind: "publication", timetoken: this.#timetokens.next(now), publication };
    });
    this.#logOf(keyset).append(entries, now);
    return entries.map((entry) => entry.timetoken);
  }

  /** Adds changes, then wakes who waits for them. */
  appendChanges(keyset: SubscribeKey, changes: readonly Change[], now: Instant): void {
    if (changes.length === 0) return;
    const entries = changes.map((change): LogEntry => {
      return { kind: "change", timetoken: this.#timetokens.next(now), change };
    });
    this.#logOf(keyset).append(entries, now);
  }

  /** Adds notices, then wakes who waits for them. */
  appendNotices(keyset: SubscribeKey, notices: readonly IntervalNotice[], now: Instant): void {
    if (notices.length === 0) return;
    const entries = notices.map((interval): LogEntry => {
      return { kind: "interval", timetoken: this.#timetokens.next(now), interval };
    });
    this.#logOf(keyset).append(entries, now);
  }

  /** See the port. A cursor of the future, which only another server can have given, reads as the present. */
  read(keyset: SubscribeKey, request: LogRequest, now: Instant): LogPage {
    const { topics, after, limit } = request;
    const newest = this.#timetokens.peek(now);
    const log = this.#logs.get(keyset);
    if (log === undefined) return { entries: [], cursor: newest };
    // One more than asked for tells whether the limit cuts.
    const entries = log.read(topics, after, limit + 1, now);
    if (entries.length <= limit) return { entries, cursor: newest };
    const page = entries.slice(0, limit);
    return { entries: page, cursor: page.at(-1)?.timetoken ?? after };
  }

  /** A position that holds for every topic. */
  position(now: Instant): Timetoken {
    return this.#timetokens.peek(now);
  }

  /** Calls `wake`, before the verb that appended returns, when one of these topics has news. */
  watch(keyset: SubscribeKey, topics: readonly Channel[], waker: Waker): Watch {
    return this.#logOf(keyset).watch(topics, waker);
  }

  /**
   * A cursor from which a poll sees a user's newest join in each of these channels, where it is not of before `since`;
   * `undefined` when there is none: the join of a large channel is in no log.
   */
  beforeJoins(
    keyset: SubscribeKey,
    user: UserId,
    { channels, since }: { readonly channels: readonly Channel[]; readonly since: Instant },
  ): Timetoken | undefined {
    const log = this.#logs.get(keyset);
    let least: Timetoken | undefined;
    for (const channel of channels) {
      const join = log?.newestJoin(channel, user);
      if (join?.kind !== "change" || join.change.at < since) continue;
      if (least === undefined || join.timetoken < least) least = join.timetoken;
    }
    return least === undefined ? undefined : least - 1n;
  }

  /** Frees what is too old to be asked for, not more than a call should. */
  expire(keyset: SubscribeKey, now: Instant): void {
    this.#logs.get(keyset)?.expire(now);
  }

  /** Forgets the entries of all keysets but these. Who watches goes on watching. */
  forgetOthers(inForce: ReadonlySet<SubscribeKey>): void {
    for (const [keyset, log] of this.#logs) if (!inForce.has(keyset)) log.clear();
  }

  /** Every entry, by keyset, oldest first. */
  *dump(): Iterable<readonly [SubscribeKey, readonly LogEntry[]]> {
    for (const [keyset, log] of this.#logs) yield [keyset, log.dump()];
  }

  /** Takes back entries of an earlier life, oldest first. */
  restore(keyset: SubscribeKey, entries: readonly LogEntry[], now: Instant): void {
    this.#logOf(keyset).append(entries, now);
  }

  #logOf(keyset: SubscribeKey): KeysetLog {
    let log = this.#logs.get(keyset);
    if (log === undefined) {
      log = new KeysetLog(this.#entriesMax);
      this.#logs.set(keyset, log);
    }
    return log;
  }
}

/** What a read asks for. */
export interface LogRequest {
  readonly topics: readonly Channel[];
  readonly after: Timetoken;
  readonly limit: number;
}
