/** The newest entries of one topic, and how several topics are read as one. */
import type { Channel, Timetoken } from "@hereabouts/protocol";
import { logEntriesPerChannelMax } from "../limits.ts";
import type { Instant, LogEntry } from "../ports.ts";

/** A topic's newest entries, at most `logEntriesPerChannelMax`; one more pushes the oldest out. */
export class Ring {
  readonly topic: Channel;
  /** When the newest entry came. */
  lastAt: Instant;
  /** Neighbours in the order of `lastAt`, kept by the log. */
  older: Ring | undefined = undefined;
  /** See `older`. */
  newer: Ring | undefined = undefined;
  readonly #entries: LogEntry[];
  /** Where the oldest entry is; above 0 only once the ring is full. */
  #start = 0;

  constructor(topic: Channel, first: LogEntry, now: Instant) {
    this.topic = topic;
    this.lastAt = now;
    // A literal of one: most channels hold one or two entries, and an empty array grows to 17.
    this.#entries = [first];
  }

  /** How many entries there are; at least 1. */
  get length(): number {
    return this.#entries.length;
  }

  /** The timetoken of the newest entry. */
  get newest(): Timetoken {
    return this.at(this.#entries.length - 1).timetoken;
  }

  /** An entry, 0 being the oldest. */
  at(index: number): LogEntry {
    const entry = this.#entries[(this.#start + index) % this.#entries.length];
    if (entry === undefined) throw new RangeError(`a ring of ${this.length} has no entry ${index}`);
    return entry;
  }

  /** Adds an entry that is newer than all. Says whether the ring grew. */
  add(entry: LogEntry): boolean {
    if (this.#entries.length < logEntriesPerChannelMax) {
      this.#entries.push(entry);
      return true;
    }
    this.#entries[this.#start] = entry;
    this.#start = (this.#start + 1) % logEntriesPerChannelMax;
    return false;
  }

  /** The index of the first entry after a timetoken; `length` when there is none. */
  firstAfter(after: Timetoken): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).timetoken > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Where a merge stands in one ring. */
interface Position {
  readonly ring: Ring;
  index: number;
  timetoken: Timetoken;
}

/**
 * The entries of several rings after a timetoken, oldest first, at most `limit`, each once although it may be in
 * several rings. The work grows with rings and limit, not with what the rings hold.
 */
export function mergeRings(rings: readonly Ring[], after: Timetoken, limit: number): LogEntry[] {
  const heap = rings.flatMap((ring): Position[] => {
    const index = ring.firstAfter(after);
    return index < ring.length ? [{ ring, index, timetoken: ring.at(index).timetoken }] : [];
  });
  for (let index = (heap.length >>> 1) - 1; index >= 0; index--) sink(heap, index);
  const merged: LogEntry[] = [];
  let last = after;
  for (let least = heap[0]; least !== undefined && merged.length < limit; least = heap[0]) {
    if (least.timetoken > last) merged.push(least.ring.at(least.index));
    last = least.timetoken;
    advance(heap, least);
  }
  return merged;
}

/** Moves the least position on by one entry, and out of the heap after its last. */
function advance(heap: Position[], least: Position): void {
  least.index += 1;
  if (least.index < least.ring.length) {
    least.timetoken = least.ring.at(least.index).timetoken;
  } else {
    const moved = heap.pop();
    if (moved === undefined || moved === least) return;
    heap[0] = moved;
  }
  sink(heap, 0);
}

/** Restores the order of a binary heap below one position. */
function sink(heap: Position[], from: number): void {
  let index = from;
  for (;;) {
    const child = leastChild(heap, index);
    const here = heap[index];
    const below = heap[child];
    if (here === undefined || below === undefined || here.timetoken <= below.timetoken) return;
    heap[index] = below;
    heap[child] = here;
    index = child;
  }
}

function leastChild(heap: readonly Position[], index: number): number {
  const left = heap[2 * index + 1];
  const right = heap[2 * index + 2];
  return left !== undefined && right !== undefined && right.timetoken < left.timetoken
    ? 2 * index + 2
    : 2 * index + 1;
}
