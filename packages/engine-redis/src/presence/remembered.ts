/**
 * What a node remembers of leases that it has renewed: until when they last at least. While that is so, it may make them
 * later without anybody looking first.
 */
import type { Instant } from "@hereabouts/core";
import type { PartitionKeys } from "../keys.ts";

/** Leases a node remembers at most: some 200 bytes each. Those beyond are renewed by a script. */
export const rememberedMax = 250_000;

/** How many are looked at, at most, to find one that is over, when there is no room for another. */
const lookedAtMax = 8;

/** What is remembered of a lease. */
export interface Remembered {
  /** It lasts until then, or longer. */
  ends: Instant;
  /** What it was renewed for, in milliseconds. */
  readonly timeoutMs: number;
}

/** Leases by partition and by what names them there. */
export class RememberedLeases {
  readonly #most: number;
  readonly #leases = new Map<string, Remembered>();
  readonly #partitions = new WeakMap<PartitionKeys, string>();
  #lastPartition = 0;

  constructor(most: number = rememberedMax) {
    this.#most = most;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#leases.size;
  }

  /** The name of a lease among all partitions'. */
  nameOf(partition: PartitionKeys, lease: string): string {
    let number = this.#partitions.get(partition);
    if (number === undefined) {
      this.#lastPartition += 1;
      number = `${this.#lastPartition}\0`;
      this.#partitions.set(partition, number);
    }
    return number + lease;
  }

  /** What is remembered of a lease. */
  get(name: string): Remembered | undefined {
    return this.#leases.get(name);
  }

  /** Remembers that a lease lasts until `ends`, or longer. Where there is no room, it is not remembered. */
  remember(name: string, { ends, timeoutMs }: Remembered, at: Instant): void {
    const known = this.#leases.get(name);
    if (known?.timeoutMs === timeoutMs) {
      if (ends > known.ends) known.ends = ends;
      return;
    }
    if (known === undefined && this.#leases.size >= this.#most && !this.#makeRoom(at)) return;
    this.#leases.set(name, { ends, timeoutMs });
  }

  /** Forgets a lease, remembered or not. */
  forget(name: string): void {
    this.#leases.delete(name);
  }

  /**
   * Forgets one of the next few that is over, and looks at others the next time. The living stay: were each to make room
   * for the next, then of a few too many none would be remembered until it comes again.
   */
  #makeRoom(at: Instant): boolean {
    let looked = 0;
    for (const [name, lease] of this.#leases) {
      this.#leases.delete(name);
      if (lease.ends <= at) return true;
      this.#leases.set(name, lease);
      looked += 1;
      if (looked >= lookedAtMax) return false;
    }
    return false;
  }
}
