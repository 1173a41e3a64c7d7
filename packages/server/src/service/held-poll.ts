/** A poll that waits: for news, for a change of its groups, for its deadline, for its client to go. */
import type { Cancel, Instant } from "@hereabouts/core";
import { type Result, type SubscribeOutcome, success, type Timetoken } from "@hereabouts/protocol";
import type { CancelSignal } from "@hereabouts/protocol/wire";
import { collect } from "./collect.ts";
import type { Context } from "./context.ts";
import type { GroupsWatch } from "./groups-watch.ts";
import type { Poll } from "./held-polls.ts";
import { type Subscriber, touchAgain } from "./subscriber.ts";

/** What a poll begins to wait with. */
export interface Wait {
  /** Up to where there was nothing for it. */
  readonly cursor: Timetoken;
  /** When its seats were refused by a debounce: until when. */
  readonly refusedUntil: Instant | undefined;
  /** The watch on its groups, where it names some; whoever began it ends it. */
  readonly groups: GroupsWatch | undefined;
  readonly signal: CancelSignal;
}

/** Holds a poll until there is something to answer, and answers it. */
export function holdPoll(
  context: Context,
  subscriber: Subscriber,
  wait: Wait,
): Promise<Result<SubscribeOutcome>> {
  return new Promise((resolve, reject) => {
    const poll = new HeldPoll(context, subscriber, wait.cursor, resolve, reject);
    poll.wait(wait);
  });
}

const nothing: Cancel = () => {};

class HeldPoll implements Poll {
  readonly deadline: Instant;
  isWoken = false;
  readonly #context: Context;
  readonly #subscriber: Subscriber;
  readonly #resolve: (result: Result<SubscribeOutcome>) => void;
  readonly #reject: (error: unknown) => void;
  #cursor: Timetoken;
  #isOver = false;
  #isLooking = false;
  #mayHaveMissed = false;
  #unwatchLog: Cancel = nothing;
  #unwatchClient: Cancel = nothing;
  #cancelRetouch: Cancel = nothing;

  constructor(
    context: Context,
    subscriber: Subscriber,
    cursor: Timetoken,
    resolve: (result: Result<SubscribeOutcome>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#subscriber = subscriber;
    this.#cursor = cursor;
    this.#resolve = resolve;
    this.#reject = reject;
    this.deadline = context.scheduler.now() + context.pollHoldMs;
  }

  /** Begins to wait. */
  wait({ refusedUntil, groups, signal }: Wait): void {
    const { engine, heldPolls, scheduler } = this.#context;
    const { keyset, subscription } = this.#subscriber;
    this.#unwatchLog = engine.log.watch(keyset.subscribeKey, subscription.topics, () => heldPolls.wake(this));
    if (refusedUntil !== undefined) {
      this.#cancelRetouch = scheduler.at(refusedUntil, () => this.#run(this.#touch()));
    }
    heldPolls.add(this);
    // Last, because the groups may have changed, and the client may be gone: then there is something to take back.
    groups?.onChange(() => this.release());
    this.#unwatchClient = signal.onCancel(() => this.release());
    if (this.#isOver) this.#unwatchClient();
  }

  look(): void {
    if (this.#isLooking) {
      this.#mayHaveMissed = true;
      return;
    }
    this.#run(this.#lookForNews());
  }

  expire(): void {
    if (this.#isOver) return;
    this.#end();
    this.#run(this.#answer({ cursor: this.#cursor, deliveries: [] }));
  }

  release(): void {
    if (this.#isOver) return;
    this.#end();
    this.#resolve(success({ cursor: this.#subscriber.command.after, deliveries: [] }));
  }

  async #lookForNews(): Promise<void> {
    this.#isLooking = true;
    do {
      this.#mayHaveMissed = false;
      const now = this.#context.scheduler.now();
      const { deliveries, cursor } = await collect(
        this.#context.engine.log,
        this.#subscriber,
        this.#cursor,
        now,
      );
      if (this.#isOver) return;
      this.#cursor = cursor;
      if (deliveries.length > 0) {
        this.#end();
        return this.#answer({ deliveries, cursor });
      }
    } while (this.#mayHaveMissed);
    this.#isLooking = false;
  }

  /** An answer that is written to a client still there is activity, too (semantics § 2). */
  async #answer(outcome: SubscribeOutcome): Promise<void> {
    await this.#touch();
    this.#resolve(success(outcome));
  }

  async #touch(): Promise<void> {
    await touchAgain(this.#context, this.#subscriber, this.#context.scheduler.now());
  }

  /** Carries on in the background; what goes wrong there is this poll's answer. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#end();
      this.#reject(error);
    });
  }

  #end(): void {
    this.#isOver = true;
    this.#context.heldPolls.remove(this);
    this.#unwatchLog();
    this.#unwatchClient();
    this.#cancelRetouch();
  }
}
