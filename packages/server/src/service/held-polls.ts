/**
 * Polls that wait for news: who they are, until when, and how they are woken.
 *
 * All polls of a node are held for the same time, so the order in which they came is the order of their deadlines:
 * one timer serves them all. However much happens in a turn of the event loop, a poll looks for news once.
 */
import type { Cancel, Instant, Random, Scheduler } from "@hereabouts/core";
import type { Subscriber } from "./subscriber.ts";

/** A poll that waits. */
export interface Poll {
  /** When it has to be answered, news or not. */
  readonly deadline: Instant;
  /** Who waits, for what. */
  readonly subscriber: Subscriber;
  /** Looks for news. */
  look(): void;
  /** Answers without news, because its time is up. */
  expire(): void;
  /** Answers without news and with the cursor it came with, so that its client goes on elsewhere. */
  sendOn(): void;
}

/** After how long a poll looks again that could not, in milliseconds. */
const lookAgainAfterMs = 1_000;

/**
 * Polls that look for news in one turn of the event loop, a few milliseconds of work: news for very many must not keep others
 * from being served.
 */
const looksPerTurn = 64;

/** The polls a node holds. */
export class HeldPolls {
  readonly #scheduler: Scheduler;
  readonly #pollsMax: number;
  readonly #polls: Set<Poll> = new Set();
  /** In line to look for news. */
  readonly #woken: Set<Poll> = new Set();
  #timer: Cancel | undefined;
  #blocked: Poll[] = [];
  #cancelLookAgain: Cancel | undefined;
  #cancelRelease: Cancel | undefined;
  /** When the drain ends that has begun. */
  #drainEndsAt: Instant | undefined;
  #others: () => number = () => 0;
  #random: Random | undefined;

  constructor(scheduler: Scheduler, pollsMax: number) {
    this.#scheduler = scheduler;
    this.#pollsMax = pollsMax;
  }

  /** How many polls are held. */
  get size(): number {
    return this.#polls.size;
  }

  /** Who waits. */
  *subscribers(): Generator<Subscriber, void> {
    for (const poll of this.#polls) yield poll.subscriber;
  }

  /** Whether this node is on its way out. */
  get isDraining(): boolean {
    return this.#drainEndsAt !== undefined;
  }

  /** Whether nothing is held any more: what comes now is answered at once. */
  get isDrained(): boolean {
    return this.#drainEndsAt !== undefined && this.#drainEndsAt <= this.#scheduler.now();
  }

  /** Whether one more poll would be too many. */
  get isFull(): boolean {
    return this.#polls.size + this.#others() >= this.#pollsMax;
  }

  /** Counts what else is held, to the same bound. */
  countAlso(others: () => number): void {
    this.#others = others;
  }

  /** Holds a poll until it is removed. It looks for news at the end of this turn: something may have come meanwhile. */
  add(poll: Poll): void {
    this.#polls.add(poll);
    if (this.#timer === undefined) this.#armTimer(poll.deadline);
    if (this.#drainEndsAt !== undefined) this.#releaseBy(this.#drainEndsAt, poll);
    this.wake(poll);
  }

  /** Forgets a poll that has been answered or abandoned. */
  remove(poll: Poll): void {
    this.#polls.delete(poll);
  }

  /** Lets a poll look for news at the end of this turn of the event loop. */
  wake(poll: Poll): void {
    const isFirst = this.#woken.size === 0;
    this.#woken.add(poll);
    if (isFirst) this.#scheduler.soon(() => this.#lookAll());
  }

  /** Lets a poll look for news once more in a while, because it could not: the engine was away. */
  wakeLater(poll: Poll): void {
    if (this.#blocked.push(poll) > 1) return;
    this.#cancelLookAgain = this.#scheduler.at(this.#scheduler.now() + lookAgainAfterMs, () => {
      const blocked = this.#blocked;
      this.#blocked = [];
      for (const each of blocked) this.wake(each);
    });
  }

  /**
   * Releases the polls that are held, each at a random moment of its even share of `overMs` milliseconds: clients that
   * are let go all at once come back all at once. Those that come meanwhile are held for a random part of what is left:
   * a client that has nowhere else to go would ask again and again. 0 releases all of them now.
   */
  drain(overMs: number, random: Random): void {
    this.#cancelRelease?.();
    const polls = [...this.#polls];
    const begin = this.#scheduler.now();
    this.#drainEndsAt = begin + overMs;
    this.#random = random;
    const momentOf = (index: number): Instant =>
      Math.floor(begin + ((index + random.uint32() / 2 ** 32) * overMs) / polls.length);
    let next = 0;
    let moment = momentOf(next);
    const releaseDue = (): void => {
      const now = this.#scheduler.now();
      while (next < polls.length && moment <= now) {
        polls[next]?.sendOn();
        next += 1;
        moment = momentOf(next);
      }
      if (next < polls.length) this.#cancelRelease = this.#scheduler.at(moment, releaseDue);
    };
    releaseDue();
    if (overMs > 0) return;
    for (const cancel of [this.#timer, this.#cancelLookAgain]) cancel?.();
    this.#timer = undefined;
  }

  #releaseBy(end: Instant, poll: Poll): void {
    const now = this.#scheduler.now();
    const share = (this.#random?.uint32() ?? 0) / 2 ** 32;
    this.#scheduler.at(Math.floor(now + share * (end - now)), () => {
      if (this.#polls.has(poll)) poll.sendOn();
    });
  }

  /** The rest looks in the next turns: by then there may be more for it, which one answer tells. */
  #lookAll(): void {
    let looks = 0;
    for (const poll of this.#woken) {
      if (looks === looksPerTurn) {
        this.#scheduler.soon(() => this.#lookAll());
        return;
      }
      looks += 1;
      this.#woken.delete(poll);
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
