/** The engine's time: whole milliseconds that never run backwards, also not from one life of the engine to the next. */
import type { Instant } from "@hereabouts/core";

/** Turns instants of callers into the engine's, and back. */
export class EngineTime {
  readonly #offsetMs: number;
  #latest = 0;

  /**
   * `latestBefore` is the latest engine instant of earlier lives and of other nodes, where one is known; `offsetMs` is
   * by how much the engine's time was ahead of the clock there. It is never less afterwards: a clock that went back and
   * goes on from there takes nobody's time.
   */
  constructor(now: Instant, latestBefore: Instant | undefined, offsetMs = 0) {
    this.#offsetMs = Math.max(offsetMs, (latestBefore ?? 0) - Math.floor(now));
    this.#latest = Math.floor(now) + this.#offsetMs;
  }

  /** By how many milliseconds it is ahead of the callers' clock. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The latest engine instant there was. */
  get latest(): Instant {
    return this.#latest;
  }

  /** A caller's instant as the engine's: an earlier one than before counts as that one. */
  enter(now: Instant): Instant {
    const at = Math.floor(now) + this.#offsetMs;
    if (at > this.#latest) this.#latest = at;
    return this.#latest;
  }

  /** An instant of the engine's as the caller's. */
  leave(instant: Instant): Instant {
    return instant - this.#offsetMs;
  }
}
