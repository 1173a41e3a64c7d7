/**
 * Gives out timetokens that rise strictly, also over restarts, kills and clocks that step back. It writes a ceiling
 * ahead of what it gives out; whoever starts after a kill begins above it.
 */
import type { Instant } from "@hereabouts/core";
import { type Timetoken, timetokenAt, timetokensPerMs } from "@hereabouts/protocol";

/** How far ahead of the newest timetoken the ceiling is set, in milliseconds. */
const aheadMs = 2_000;

/** How near the ceiling may be, in milliseconds, before it is raised ahead of need. */
const marginMs = 500;

/** What a source needs. */
export interface TimetokenSourceOptions {
  /** The ceiling or last timetoken of the life before; zero when there was none. */
  readonly above: Timetoken;
  /** Writes a ceiling where a later life finds it. Must not throw: timetokens are given out in the middle of a change. */
  readonly reserve: (ceiling: Timetoken) => void;
}

/** One source of timetokens, for all keysets of an engine. */
export class TimetokenSource {
  readonly #reserve: (ceiling: Timetoken) => void;
  #last: Timetoken;
  #ceiling: Timetoken;
  /** The newest millisecond seen: the last timetoken is at most one below its first. */
  #reached: Instant;

  constructor({ above, reserve }: TimetokenSourceOptions) {
    this.#reserve = reserve;
    this.#last = above;
    this.#ceiling = above;
    this.#reached = Number(above / timetokensPerMs);
  }

  /** The newest timetoken given out, as an entry's or as a position. */
  get last(): Timetoken {
    return this.#last;
  }

  /** A timetoken above all before. */
  next(now: Instant): Timetoken {
    const millisecond = Math.floor(now);
    let next = this.#last + 1n;
    if (millisecond > this.#reached) {
      this.#reached = millisecond;
      const first = timetokenAt(millisecond);
      if (first > next) next = first;
    }
    return this.#take(next);
  }

  /** A position: every timetoken so far is at or below it, every later one above. */
  peek(now: Instant): Timetoken {
    const millisecond = Math.floor(now);
    if (millisecond <= this.#reached) return this.#last;
    this.#reached = millisecond;
    const position = timetokenAt(millisecond) - 1n;
    // Taken as if it had been given out: else a clock that steps back could bring an entry at or below it.
    return position > this.#last ? this.#take(position) : this.#last;
  }

  /** Raises the ceiling when it comes near. Called now and then, it spares verbs the wait for the disk. */
  renew(): void {
    if (this.#ceiling - this.#last < BigInt(marginMs) * timetokensPerMs) this.#raise();
  }

  #take(timetoken: Timetoken): Timetoken {
    this.#last = timetoken;
    if (timetoken > this.#ceiling) this.#raise();
    return timetoken;
  }

  #raise(): void {
    this.#ceiling = this.#last + BigInt(aheadMs) * timetokensPerMs;
    this.#reserve(this.#ceiling);
  }
}
