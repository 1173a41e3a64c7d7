/** The engine's time: whole milliseconds that never run backwards, also not from one life of the engine to the next. */
import type { Instant } from "@hereabouts/core";

/** Turns instants of callers into the engine's, and back. */
export class EngineTime {
  readonly #offsetMs: number;
  #latest = 0;

  /** `latestBefore` is the latest engine instant of earlier lives and of other nodes, where one is known. */
  constructor(now: Instant, latestBefore: Instant | undefined) {
    this.#offsetMs = Math.max(0, (latestBefore ?? 0) - Math.floor(now));
    this.#latest = Math.floor(now) + this.#offsetMs;
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
