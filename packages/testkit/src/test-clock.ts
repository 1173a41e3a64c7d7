/** A clock that stands still until a test moves it, and timers that run by it. Knows nothing of the real time. */
import type { Cancel, Instant, Scheduler } from "@hereabouts/core";

/** Where a clock starts unless told: 2026-01-01T00:00:00Z. */
export const testEpoch: Instant = 1_767_225_600_000;

/** How a clock lets things come to rest. */
export interface TestClockOptions {
  /**
   * Turns of the event loop that are waited for after each step. Default 3: promises, sockets and immediates get their
   * chance. Where there are no sockets 1 will do, and is faster.
   */
  readonly turnsMin?: number;
  /**
   * Whether something is under way that the clock does not see, and that a step has to wait for: for as long as it
   * likes, so it has to have a limit of its own. Default: never.
   */
  readonly isBusy?: () => boolean;
}
/** A program that goes on for so many turns, without being busy, will not come to rest. */
const turnsMax = 10_000;

interface Timer {
  readonly due: Instant;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A scheduler for tests. Time passes in `advance` only; `soon`, and timers that are due when they are set, run in the
 * next turn of the real event loop, as they would in production.
 */
export class TestClock implements Scheduler {
  #now: Instant;
  #order = 0;
  #soonPending = 0;
  #advancing = false;
  /** The next timer last, so that it is taken from the end. */
  readonly #timers: Timer[] = [];
  readonly #turnsMin: number;
  readonly #isBusy: () => boolean;

  constructor(start: Instant = testEpoch, { turnsMin = 3, isBusy = () => false }: TestClockOptions = {}) {
    this.#now = start;
    this.#turnsMin = turnsMin;
    this.#isBusy = isBusy;
  }

  now(): Instant {
    return this.#now;
  }

  at(when: Instant, run: () => void): Cancel {
    if (!Number.isFinite(when)) throw new RangeError(`A timer needs an instant, not ${when}.`);
    const timer: Timer = { due: when, order: this.#order++, run };
    this.#insert(timer);
    if (when <= this.#now) this.soon(() => this.#runDue());
    return () => this.#remove(timer);
  }

  soon(run: () => void): void {
    this.#soonPending += 1;
    setImmediate(() => {
      this.#soonPending -= 1;
      run();
    });
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /**
   * Lets `ms` milliseconds pass: runs the timers that come due, in order, each at its own instant, and lets everything
   * come to rest after each. 0 lets things come to rest without time passing.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`Time does not pass by ${ms} ms.`);
    if (this.#advancing)
      throw new Error("Time is already being advanced: await one advance before the next.");
    this.#advancing = true;
    try {
      await this.#advanceTo(this.#now + ms);
    } finally {
      this.#advancing = false;
    }
  }

  /** Lets promises, immediates and sockets come to rest, without time passing. */
  async settle(): Promise<void> {
    let turns = 0;
    for (;;) {
      const isBusy = this.#isBusy();
      if (!isBusy && turns >= this.#turnsMin && this.#soonPending === 0) return;
      if (turns > turnsMax) throw new Error(`Nothing came to rest in ${turnsMax} turns of the event loop.`);
      if (!isBusy) turns += 1;
      await nextTurn();
    }
  }

  async #advanceTo(target: Instant): Promise<void> {
    await this.settle();
    for (
      let next = this.#timers.at(-1);
      next !== undefined && next.due <= target;
      next = this.#timers.at(-1)
    ) {
      this.#now = Math.max(this.#now, next.due);
      this.#timers.pop();
      next.run();
      await this.settle();
    }
    this.#now = target;
    await this.settle();
  }

  #runDue(): void {
    for (
      let next = this.#timers.at(-1);
      next !== undefined && next.due <= this.#now;
      next = this.#timers.at(-1)
    ) {
      this.#timers.pop();
      next.run();
    }
  }

  #insert(timer: Timer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && isBefore(timer, other)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }

  #remove(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index >= 0) this.#timers.splice(index, 1);
  }
}

/** Resolves in the next turn of the real event loop, after sockets have been looked at. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isBefore(timer: Timer, other: Timer): boolean {
  return timer.due < other.due || (timer.due === other.due && timer.order < other.order);
}
