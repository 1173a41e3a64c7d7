/** A poll that waits: for news, for a change of its groups, for its deadline, for its client to go. */
import type { Cancel, Instant, Waker, Watch } from "@hereabouts/core";
import { type Channel, type SubscribeOutcome, success, type Timetoken } from "@hereabouts/protocol";
import type { CancelSignal } from "@hereabouts/protocol/wire";
import { collect } from "./collect.ts";
import type { Context } from "./context.ts";
import { leaveOnDisconnect } from "./disconnect.ts";
import { isAway } from "./engine-away.ts";
import type { GroupsWatch } from "./groups-watch.ts";
import type { Poll } from "./held-polls.ts";
import type { Asker } from "./subscribe.ts";
import { type Subscriber, subscriberOf, touchAgain } from "./subscriber.ts";

/** What a poll begins to wait with. */
export interface Wait {
  /** Up to where there was nothing for it. */
  readonly cursor: Timetoken;
  /** When its seats were refused by a debounce: until when. */
  readonly refusedUntil: Instant | undefined;
  /** The watch on its groups, where it names some; whoever began it ends it. */
  readonly groups: GroupsWatch | undefined;
  readonly signal: CancelSignal;
  readonly asker: Asker;
}

/** Holds a poll until there is something to answer, and answers it. */
export function holdPoll(context: Context, subscriber: Subscriber, wait: Wait): void {
  new HeldPoll(context, subscriber, wait).begin(wait);
}

const nothing: Cancel = () => {};

/** After how long it is tried again what the engine was away for, in milliseconds. */
const tryAgainAfterMs = 1_000;

/** What a poll is at. In one field: tens of thousands are held, and each field costs each of them. */
type Stage =
  | "waiting"
  | "looking"
  /** Looking, and woken meanwhile: what it looks at may be older than the news. */
  | "looking-again"
  | "over";

/** Its eight fields are counted: with a ninth, JavaScriptCore gives every poll a cell of 112 bytes in the place of 80. */
class HeldPoll implements Poll, Waker {
  readonly deadline: Instant;
  readonly #context: Context;
  readonly subscriber: Subscriber;
  readonly #asker: Asker;
  #cursor: Timetoken;
  #stage: Stage = "waiting";
  #watch: Watch | undefined = undefined;
  #cancelRetouch: Cancel = nothing;

  constructor(context: Context, subscriber: Subscriber, { cursor, asker }: Wait) {
    this.#context = context;
    this.subscriber = subscriber;
    this.#cursor = cursor;
    this.#asker = asker;
    this.deadline = context.scheduler.now() + context.pollHoldMs;
  }

  /** Whether it is answered, or about to be. */
  get #isOver(): boolean {
    return this.#hasStage("over");
  }

  /** Begins to wait. */
  begin({ refusedUntil, groups, signal }: Wait): void {
    const { engine, heldPolls } = this.#context;
    const { keyset, subscription } = this.subscriber;
    this.#watch = engine.log.watch(keyset.subscribeKey, subscription.topics, this);
    heldPolls.add(this);
    if (refusedUntil !== undefined) this.#touchAt(refusedUntil);
    // Last, because the groups may have changed, and the client may be gone: then there is something to take back.
    groups?.onChange({ release: () => this.#regroup() });
    signal.onCancel(this);
  }

  wake(): void {
    this.#context.heldPolls.wake(this);
  }

  look(): void {
    if (this.#stage !== "waiting") {
      if (this.#stage === "looking") this.#stage = "looking-again";
      return;
    }
    this.#lookForNews().catch((error: unknown) => this.#couldNotLook(error));
  }

  expire(): void {
    if (this.#isOver) return;
    this.#end();
    this.#run(this.#renewAndAnswer({ cursor: this.#cursor, deliveries: [] }));
  }

  sendOn(): void {
    if (this.#isOver) return;
    this.#end();
    this.#answer({ cursor: this.subscriber.command.after, deliveries: [] });
  }

  /** Its client has closed the connection: nobody reads the answer, but whoever counts what is under way waits for it. */
  release(): void {
    if (this.#isOver) return;
    this.#end();
    this.#run(this.#leaveAndAnswer());
  }

  async #lookForNews(): Promise<void> {
    do {
      this.#stage = "looking";
      const now = this.#context.scheduler.now();
      const collecting = collect(this.#context, this.subscriber, this.#cursor, now);
      const { deliveries, cursor } = collecting instanceof Promise ? await collecting : collecting;
      if (this.#isOver) return;
      this.#cursor = cursor;
      if (deliveries.length > 0) {
        this.#end();
        this.#run(this.#renewAndAnswer({ deliveries, cursor }));
        return;
      }
    } while (this.#hasStage("looking-again"));
    this.#stage = "waiting";
  }

  /** While the engine is away a poll stays held: its cursor keeps its worth, and its client could do nothing better. */
  #couldNotLook(error: unknown): void {
    if (this.#isOver) return;
    if (!isAway(error)) {
      this.#fail(error);
      return;
    }
    this.#stage = "waiting";
    this.#context.heldPolls.wakeLater(this);
  }

  /** A wake-up may be spurious, and after an outage everybody is woken: who would be told the same stays. */
  #regroup(): void {
    this.#goIfRegrouped().catch((error: unknown) => {
      if (this.#isOver) return;
      if (!isAway(error)) {
        this.#fail(error);
        return;
      }
      const { scheduler } = this.#context;
      scheduler.at(scheduler.now() + tryAgainAfterMs, () => this.#regroup());
    });
  }

  async #goIfRegrouped(): Promise<void> {
    if (this.#isOver) return;
    const { keyset, command, subscription } = this.subscriber;
    const present = await subscriberOf(this.#context, keyset, command);
    if (this.#isOver || isSame(present.subscription.topics, subscription.topics)) return;
    this.sendOn();
  }

  /**
   * An answer that is written to a client still there is activity, too (semantics § 2). What there is to answer is
   * answered also when the engine has gone away meanwhile.
   */
  async #renewAndAnswer(outcome: SubscribeOutcome): Promise<void> {
    await this.#touch();
    this.#answer(outcome);
  }

  /** While the engine is away nobody can be given up; the seats end in their own time then. */
  async #leaveAndAnswer(): Promise<void> {
    try {
      await leaveOnDisconnect(this.#context, this.subscriber);
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    this.#answer({ cursor: this.subscriber.command.after, deliveries: [] });
  }

  /** Whether it could be done. */
  async #touch(): Promise<boolean> {
    try {
      await touchAgain(this.#context, this.subscriber, this.#context.scheduler.now());
      return true;
    } catch (error) {
      if (isAway(error)) return false;
      throw error;
    }
  }

  #touchAt(when: Instant): void {
    this.#cancelRetouch = this.#context.scheduler.at(when, () => {
      this.#touchOrTryAgain().catch((error: unknown) => {
        if (!this.#isOver) this.#fail(error);
      });
    });
  }

  async #touchOrTryAgain(): Promise<void> {
    const isDone = await this.#touch();
    if (!isDone && !this.#isOver) this.#touchAt(this.#context.scheduler.now() + tryAgainAfterMs);
  }

  /** Carries on in the background; what goes wrong there is this poll's answer. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#end();
    this.#asker.fail(this.subscriber.command, error);
  }

  #answer(outcome: SubscribeOutcome): void {
    this.#asker.answer(this.subscriber.command, success(outcome));
  }

  /** By a call, for the compiler does not see that a stage changes while something is awaited. */
  #hasStage(stage: Stage): boolean {
    return this.#stage === stage;
  }

  #end(): void {
    this.#stage = "over";
    this.#context.heldPolls.remove(this);
    this.#context.connections.remove(this.subscriber);
    this.#watch?.stop();
    this.#cancelRetouch();
  }
}

function isSame(left: readonly Channel[], right: readonly Channel[]): boolean {
  return left.length === right.length && left.every((channel, index) => channel === right[index]);
}
