/**
 * Polls that wait for news: who they are, until when, and how they are woken.
 *
 * All polls of a node are held for the same time, so the order in which they came is the order of their deadlines:
 * one timer serves them all. However much happens in a turn of the event loop, a poll looks for news once.
 */
import type { Cancel, Instant, Scheduler } from "@hereabouts/core";

/** A poll that waits. */
export interface Poll {
  /** When it has to be answered, news or not. */
  readonly deadline: Instant;
  /** Whether it is in line to look for news; kept by {@link HeldPolls}. */
  isWoken: boolean;
  /** Looks for news. */
  look(): void;
  /** Answers without news, because its time is up. */
  expire(): void;
  /** Answers without news and with the cursor it came with, so that its client goes on elsewhere. */
  release(): void;
}

/** The polls a node holds. */
export class HeldPolls {
  readonly #scheduler: Scheduler;
  readonly #pollsMax: number;
  readonly #polls: Set<Poll> = new Set();
  #woken: Poll[] = [];
  #timer: Cancel | undefined;
  #isDraining = false;

  constructor(scheduler: Scheduler, pollsMax: number) {
    this.#scheduler = scheduler;
    this.#pollsMax = pollsMax;
  }

  /** How many polls are held. */
  get size(): number {
    return this.#polls.size;
  }

  /** Whether this node is on its way out and holds nothing any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether one more poll would be too many. */
  get isFull(): boolean {
    return this.#polls.size >= this.#pollsMax;
  }

  /** Holds a poll until it is removed. It looks for news at the end of this turn: something may have come meanwhile. */
  add(poll: Poll): void {
    this.#polls.add(poll);
    if (this.#timer === undefined) this.#armTimer(poll.deadline);
    this.wake(poll);
  }

  /** Forgets a poll that has been answered or abandoned. */
  remove(poll: Poll): void {
    this.#polls.delete(poll);
  }

  /** Lets a poll look for news at the end of this turn of the event loop. */
  wake(poll: Poll): void {
    if (poll.isWoken) return;
    poll.isWoken = true;
    if (this.#woken.push(poll) === 1) this.#scheduler.soon(() => this.#lookAll());
  }

  /** Releases every poll and holds none from now on. */
  drain(): void {
    this.#isDraining = true;
    for (const poll of [...this.#polls]) poll.release();
    this.#timer?.();
    this.#timer = undefined;
  }

  #lookAll(): void {
    const woken = this.#woken;
    this.#woken = [];
    for (const poll of woken) {
      poll.isWoken = false;
      if (this.#polls.has(poll)) poll.look();
    }
  }

  #armTimer(when: Instant): void {
    this.#timer = this.#scheduler.at(when, () => this.#expireDue());
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#scheduler.now();
    for (const poll of this.#polls) {
      if (poll.deadline > now) {
        this.#armTimer(poll.deadline);
        return;
      }
      poll.expire();
    }
  }
}
