/** One keyset's entries: a ring per topic, in the order of their last entries so that quiet ones are found at once. */
import {
  type Channel,
  presenceChannel,
  type Timetoken,
  timetokenAt,
  type UserId,
  wildcardsOf,
} from "@hereabouts/protocol";
import { logRetentionMs } from "../limits.ts";
import type { Change, Instant, LogEntry, Waker, Watch } from "../ports.ts";
import { mergeRings, Ring } from "./ring.ts";
import { Watchers } from "./watchers.ts";

/** Rings freed by one call of expire, so that it never blocks the event loop for long. */
const freedPerCall = 2_000;

/** A keyset's log. It is given timetokens and knows no clock. */
export class KeysetLog {
  readonly #rings = new Map<Channel, Ring>();
  readonly #watchers = new Watchers();
  readonly #entriesMax: number;
  #oldest: Ring | undefined;
  #newest: Ring | undefined;
  /** Places taken in all rings; an entry on a dotted channel takes one in each of its topics. */
  #size = 0;

  /** `entriesMax` bounds the places taken in all rings; past it the topics that were quiet for longest lose theirs. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Adds entries, then wakes who watches their topics. */
  append(entries: readonly LogEntry[], now: Instant): void {
    const topics = new Set<Channel>();
    for (const entry of entries) this.#addToTopics(entry, now, topics);
    this.expire(now);
    if (!this.#watchers.isEmpty) this.#watchers.wake(topics);
  }

  /** Entries of these topics after a timetoken, oldest first, each once, at most `limit`. */
  read(topics: readonly Channel[], after: Timetoken, limit: number, now: Instant): readonly LogEntry[] {
    let found: Ring[] | undefined;
    for (const topic of topics) {
      const ring = this.#rings.get(topic);
      if (ring === undefined || ring.newest <= after) continue;
      if (found === undefined) found = [ring];
      else found.push(ring);
    }
    if (found === undefined) return noEntries;
    const expired = timetokenAt(now - logRetentionMs);
    return mergeRings(found, after > expired ? after : expired, limit);
  }

  /** The newest join of a user in a channel. */
  newestJoin(channel: Channel, user: UserId): LogEntry | undefined {
    const ring = this.#rings.get(presenceChannel(channel));
    if (ring === undefined) return undefined;
    for (let index = ring.length - 1; index >= 0; index--) {
      const entry = ring.at(index);
      if (entry.kind === "change" && isJoin(entry.change, channel, user)) return entry;
    }
    return undefined;
  }

  /** Calls `wake` after every append to one of these topics. */
  watch(topics: readonly Channel[], waker: Waker): Watch {
    return this.#watchers.watch(topics, waker);
  }

  /** Frees topics whose newest entry is too old, not more than a call should. */
  expire(now: Instant): void {
    for (let freed = 0; this.#oldest !== undefined && freed < freedPerCall; freed++) {
      // Left by a clock that stepped back since: counted from now on, or it would keep all others from being freed.
      if (this.#oldest.lastAt > now) this.#oldest.lastAt = now;
      if (this.#oldest.lastAt > now - logRetentionMs && this.#size <= this.#entriesMax) return;
      this.#free(this.#oldest);
    }
  }

  /** Forgets all entries. Who watches goes on watching. */
  clear(): void {
    this.#rings.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#size = 0;
  }

  /** Every entry there is, each once, oldest first. */
  dump(): LogEntry[] {
    const entries = new Set<LogEntry>();
    for (const ring of this.#rings.values()) {
      for (let index = 0; index < ring.length; index++) entries.add(ring.at(index));
    }
    return [...entries].sort((a, b) => (a.timetoken < b.timetoken ? -1 : 1));
  }

  #addToTopics(entry: LogEntry, now: Instant, touched: Set<Channel>): void {
    const own = topicOf(entry);
    this.#add(own, entry, now);
    touched.add(own);
    for (const wildcard of wildcardsOf(own)) {
      // A wildcard channel matches itself.
      if (wildcard === own) continue;
      this.#add(wildcard, entry, now);
      touched.add(wildcard);
    }
  }

  #add(topic: Channel, entry: LogEntry, now: Instant): void {
    const ring = this.#rings.get(topic);
    if (ring === undefined) {
      const created = new Ring(topic, entry, now);
      this.#rings.set(topic, created);
      this.#attach(created);
      this.#size += 1;
      return;
    }
    if (ring.add(entry)) this.#size += 1;
    ring.lastAt = now;
    if (ring === this.#newest) return;
    this.#detach(ring);
    this.#attach(ring);
  }

  #free(ring: Ring): void {
    this.#detach(ring);
    this.#rings.delete(ring.topic);
    this.#size -= ring.length;
  }

  #attach(ring: Ring): void {
    ring.older = this.#newest;
    ring.newer = undefined;
    if (this.#newest === undefined) this.#oldest = ring;
    else this.#newest.newer = ring;
    this.#newest = ring;
  }

  #detach(ring: Ring): void {
    if (ring.older === undefined) this.#oldest = ring.newer;
    else ring.older.newer = ring.newer;
    if (ring.newer === undefined) this.#newest = ring.older;
    else ring.newer.older = ring.older;
  }
}

const noEntries: readonly LogEntry[] = Object.freeze([]);

function topicOf(entry: LogEntry): Channel {
  switch (entry.kind) {
    case "publication":
      return entry.publication.channel;
    case "change":
      return presenceChannel(entry.change.channel);
    case "interval":
      return presenceChannel(entry.interval.channel);
  }
}

function isJoin(change: Change, channel: Channel, user: UserId): boolean {
  return change.kind === "join" && change.channel === channel && change.user === user;
}
