/**
 * The order of what one node writes. Partitions give timetokens out each by itself; what a node writes to several of
 * them shall nevertheless be in the order it was written in, and after all that the node has seen before. So every
 * write says above which timetoken it wants to be.
 */
import type { Instant } from "@hereabouts/core";
import { formatTimetoken, type SubscribeKey, type Timetoken, timetokenAt } from "@hereabouts/protocol";
import type { Keyspace, PartitionKeys } from "../keys.ts";

/** The most entries that one write may reserve timetokens for; what it writes past that is in order all the same, but not before the node's next write. */
export const reservedEntriesMax = 256;

/** How far ahead of the time a timetoken may be and still be followed. */
const aheadMsMax = 60_000;

/** What this node has seen and written, per keyset. */
export class LogClock {
  readonly #keys: Keyspace;
  readonly #latest = new Map<SubscribeKey, Timetoken>();

  constructor(keys: Keyspace) {
    this.#keys = keys;
  }

  /**
   * Where a script is to write entries: an argument for `appendEntries` in `common.lua`. Entries of later calls come
   * after those of this one, as long as there are at most `entries` of them. `at` is the engine's instant.
   */
  place(partition: PartitionKeys, at: Instant, entries: number): string {
    const before = timetokenAt(at) - 1n;
    const latest = this.#latest.get(partition.keyset) ?? 0n;
    const after = latest > before ? latest : before;
    const { partitions } = this.#keys;
    const reserved = Math.min(entries, reservedEntriesMax) + 1;
    this.#latest.set(partition.keyset, after + BigInt(reserved * partitions));
    return `${formatTimetoken(after)} ${partition.index} ${partitions} ${partition.news}`;
  }

  /** Tells of an entry that exists. One from far in the future is not followed: it would take all others there. */
  note(keyset: SubscribeKey, timetoken: Timetoken, at: Instant): void {
    if (timetoken <= (this.#latest.get(keyset) ?? 0n) || timetoken > timetokenAt(at + aheadMsMax)) return;
    this.#latest.set(keyset, timetoken);
  }

  /** Forgets a keyset. */
  forget(keyset: SubscribeKey): void {
    this.#latest.delete(keyset);
  }
}
