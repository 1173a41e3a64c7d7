/**
 * What readers of the log must come to see: every entry of their topics, once, and a channel's entries in the order they
 * happened in. It holds for every engine, also for one that lets the newest entries of other channels wait a moment.
 */
import {
  type Change,
  type Instant,
  type LogEntry,
  type LogPage,
  logEntriesPerChannelMax,
  logRetentionMs,
} from "@hereabouts/core";
import type { Channel, Timetoken, UserId } from "@hereabouts/protocol";

/** An entry that was written. */
interface Written {
  /** What it is known by: a change by its count, a publication by its timetoken. */
  readonly key: string;
  /** The topic of its own channel. */
  readonly stream: string;
  readonly change: Change | undefined;
  readonly at: Instant;
}

/** Everything that was written, in the order it happened in. Its time is the time that passed: it never goes back. */
export class EntryModel {
  readonly #written: Written[] = [];
  /** By channel and user, where the newest is in the log. */
  readonly #newestJoins = new Map<string, Written>();

  addChange(change: Change, at: Instant): void {
    const written = { key: changeKey(change), stream: `${change.channel}-pnpres`, change, at };
    this.#written.push(written);
    if (change.kind === "join") this.#newestJoins.set(`${change.channel} ${change.user}`, written);
  }

  /** Takes a change that is not in the log. */
  leaveOut({ kind, channel, user }: Change): void {
    if (kind === "join") this.#newestJoins.delete(`${channel} ${user}`);
  }

  addNotice(channel: Channel, timetoken: Timetoken, at: Instant): void {
    const key = noticeKey(channel, timetoken);
    this.#written.push({ key, stream: `${channel}-pnpres`, change: undefined, at });
  }

  addPublication(channel: Channel, timetoken: Timetoken, at: Instant): void {
    this.#written.push({ key: timetoken.toString(), stream: channel, change: undefined, at });
  }

  /** How much was written so far. */
  get length(): number {
    return this.#written.length;
  }

  /** What was written to these topics from a point on. */
  since(from: number, topics: readonly string[]): readonly Written[] {
    return this.#written.slice(from).filter((entry) => topics.some((topic) => carries(topic, entry.stream)));
  }

  /** The newest join of a user in a channel, if it is in the log and must still be kept. */
  newestJoin(user: UserId, channel: Channel, now: Instant): string | undefined {
    const join = this.#newestJoins.get(`${channel} ${user}`);
    return join === undefined || this.mayBeGone(join, [join.stream], now) ? undefined : join.key;
  }

  /** Whether an entry is so old, or has so many newer ones in each of these topics, that nobody has to keep it. */
  mayBeGone(entry: Written, topics: readonly string[], now: Instant): boolean {
    if (now - entry.at >= logRetentionMs) return true;
    const from = this.#written.indexOf(entry) + 1;
    return topics
      .filter((topic) => carries(topic, entry.stream))
      .every((topic) => this.since(from, [topic]).length >= logEntriesPerChannelMax);
  }
}

/** A subscriber that goes on reading from where it stopped, and a check of what it gets. */
export class ReaderModel {
  readonly topics: readonly Channel[];
  cursor: Timetoken;
  /** Whether it was woken since it last read. */
  isWoken = true;
  readonly #entries: EntryModel;
  readonly #from: number;
  readonly #seen = new Set<string>();

  constructor(topics: readonly Channel[], cursor: Timetoken, entries: EntryModel) {
    this.topics = topics;
    this.cursor = cursor;
    this.#entries = entries;
    this.#from = entries.length;
  }

  /** What it has still to see. */
  outstanding(): readonly Written[] {
    return this.#entries.since(this.#from, this.topics).filter((entry) => !this.#seen.has(entry.key));
  }

  /** Takes a page, and fails when it is not what may come next. */
  take(page: LogPage, now: Instant): void {
    for (const entry of page.entries) {
      if (entry.timetoken <= this.cursor)
        throw new Error(`${keyOf(entry)} is not after the cursor ${this.cursor}`);
      this.cursor = entry.timetoken;
      this.#takeEntry(entry, now);
    }
    if (page.cursor < this.cursor) throw new Error(`the cursor ${page.cursor} is before the last entry`);
    this.cursor = page.cursor;
  }

  /** Fails when something is left that must have come. */
  finish(now: Instant): void {
    const lost = this.outstanding().filter((entry) => !this.#entries.mayBeGone(entry, this.topics, now));
    if (lost.length === 0) return;
    throw new Error(`${this.topics.join(" ")} missed ${lost.map((entry) => entry.key).join(", ")}`);
  }

  #takeEntry(entry: LogEntry, now: Instant): void {
    const key = keyOf(entry);
    if (this.#seen.has(key)) throw new Error(`${key} came twice`);
    const outstanding = this.outstanding();
    const taken = outstanding.find((other) => other.key === key);
    if (taken === undefined)
      throw new Error(`${key} is not for ${this.topics.join(" ")} after ${this.cursor}`);
    for (const earlier of outstanding) {
      if (earlier === taken) break;
      if (earlier.stream !== taken.stream) continue;
      if (!this.#entries.mayBeGone(earlier, this.topics, now))
        throw new Error(`${key} overtook ${earlier.key}`);
      this.#seen.add(earlier.key);
    }
    this.#seen.add(key);
  }
}

/** What an entry is known by. */
export function keyOf(entry: LogEntry): string {
  if (entry.kind === "interval") return noticeKey(entry.interval.channel, entry.timetoken);
  return entry.kind === "change" ? changeKey(entry.change) : entry.timetoken.toString();
}

function noticeKey(channel: Channel, timetoken: Timetoken): string {
  return `interval in ${channel} at ${timetoken}`;
}

function changeKey({ kind, channel, epoch, revision }: Change): string {
  return `${kind} in ${channel} ${epoch}/${revision}`;
}

/** Whether a topic has the entries of a channel's own: itself, or a wildcard over it. Depth: two dots. */
function carries(topic: string, stream: string): boolean {
  if (topic === stream) return true;
  if (topic.endsWith("-pnpres") !== stream.endsWith("-pnpres")) return false;
  const base = topic.replace(/-pnpres$/, "");
  return base.endsWith(".*") && stream.startsWith(base.slice(0, -1));
}
