/**
 * A node's own clock and timers over the true time. It stands as a following clock does: some way off, with jumps, and
 * never running backwards. Timers are monotonic, and never early by the node's own clock.
 */
import type { Cancel, Instant, Scheduler } from "@hereabouts/core";
import type { TestClock } from "@hereabouts/testkit";

/** A clock that can be put off. */
export class NodeClock implements Scheduler {
  /** How far it is ahead of the true time, in milliseconds; behind when negative. */
  offsetMs: number;
  readonly #clock: TestClock;
  readonly #enter: (run: () => void) => void;
  #last = 0;

  /** `enter` runs something on the node: now, when it does something again, or never. */
  constructor(clock: TestClock, offsetMs: number, enter: (run: () => void) => void) {
    this.#clock = clock;
    this.#enter = enter;
    this.offsetMs = offsetMs;
  }

  now(): Instant {
    this.#last = Math.max(this.#last, Math.floor(this.#clock.now() + this.offsetMs));
    return this.#last;
  }

  at(when: Instant, run: () => void): Cancel {
    let isCancelled = false;
    let cancel: Cancel = () => {};
    const fire = (): void => {
      if (isCancelled) return;
      if (this.now() < when) arm();
      else run();
    };
    const arm = (): void => {
      const waitMs = Math.max(0, Math.ceil(when - this.now()));
      cancel = this.#clock.at(this.#clock.now() + waitMs, () => this.#enter(fire));
    };
    arm();
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  soon(run: () => void): void {
    this.#clock.soon(() => this.#enter(run));
  }
}
