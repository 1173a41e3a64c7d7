/**
 * One client's stream: where it stands, what it still has to be told, what it asks for. There are tens of thousands, most
 * of them idle: what equal ones have in common is in their audience, and no timer is a stream's own.
 */
import type { Instant, Keyset, Subscription } from "@hereabouts/core";
import {
  type Delivery,
  type DeviceId,
  type Filter,
  type SubscribeCommand,
  type Timetoken,
  type UserId,
  zeroTimetoken,
} from "@hereabouts/protocol";
import {
  closeInternal,
  closePolicy,
  closeTryLater,
  decodeStreamFrame,
  encodeDeliveries,
  encodeError,
  encodeReady,
  type StreamAsk,
  streamFramesPerSecondEnd,
  streamFramesPerSecondMax,
} from "@hereabouts/protocol/wire";
import { collect } from "../collect.ts";
import type { Context } from "../context.ts";
import { isAway } from "../engine-away.ts";
import type { Subscriber } from "../subscriber.ts";
import type { Audience } from "./audience.ts";
import {
  bufferedBytesMax,
  drainedAtBytes,
  pingAfterMs,
  pongPatienceMs,
  slowAtBytes,
  waitingAsksMax,
} from "./bounds.ts";
import { tellMissed } from "./missed.ts";
import type { Sink } from "./sink.ts";

/** What a stream needs of those who keep it. */
export interface Keeper {
  readonly context: Context;
  /** Seconds for which a seat outlasts the node that renews it. */
  readonly timeoutSeconds: number;
  /** Carries out what a client asks. */
  carryOut(stream: Stream, ask: StreamAsk): Promise<void>;
  /** Tries again later what the engine was away for. */
  later(run: () => void): void;
  /** Is told that a connection has closed. `gone`: the client closed it, and has not left. */
  onEnd(stream: Stream, how: Ending): void;
  onDefect(error: unknown): void;
}

/** How a stream ended: by its client, or by this node, which its client may come back to. */
export type Ending = "by-client" | "by-node";

/** One client's stream. */
export class Stream implements Subscriber {
  readonly user: UserId | undefined;
  readonly device: DeviceId | undefined;
  audience: Audience;
  sink: Sink | undefined = undefined;
  /** Up to where it has been told everything, while it reads for itself. */
  cursor: Timetoken;
  /** Whether its audience tells it. Kept by the audience. */
  isFollowing = false;
  readonly #keeper: Keeper;
  #isOver = false;
  #isByNode = false;
  /** What it does not do until its client has read: `news` is left out, `reading` is put off. */
  #waitsWith: "nothing" | "news" | "reading" = "nothing";
  #reading: Promise<void> | undefined = undefined;
  #asking: Promise<void> | undefined = undefined;
  #asks = 0;
  #heardAt: Instant;
  #pings = 0;
  #onDrained: (() => void) | undefined = undefined;
  #second = 0;
  #frames = 0;

  constructor(keeper: Keeper, audience: Audience, command: SubscribeCommand) {
    this.#keeper = keeper;
    this.audience = audience;
    this.user = command.user;
    this.device = command.device;
    this.cursor = command.after;
    this.#heardAt = keeper.context.scheduler.now();
  }

  /** Made anew each time: what it is for is its audience's, and a command of its own would be a tenth of its weight. */
  get command(): SubscribeCommand {
    const { user, device } = this;
    const timeoutSeconds = this.#keeper.timeoutSeconds;
    return {
      kind: "subscribe",
      ...this.audience.wish,
      user,
      device,
      timeoutSeconds,
      state: undefined,
      after: zeroTimetoken,
    };
  }

  get keyset(): Keyset {
    return this.audience.keyset;
  }

  get subscription(): Subscription {
    return this.audience.subscription;
  }

  get filter(): Filter | undefined {
    return this.audience.filter;
  }

  /** States are told when they come, and are the seats' from then on. */
  get states(): undefined {
    return undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The connection stands: the client is told where it begins, and then what there is. */
  begin(sink: Sink): void {
    if (this.#isOver) {
      sink.close(closeTryLater, "The node is stopping.");
      return;
    }
    this.sink = sink;
    this.send(encodeReady(0, this.cursor));
    this.read();
  }

  /** Sends a frame. A client that lets too much wait is closed. */
  send(text: string): void {
    const { sink } = this;
    if (sink === undefined || this.#isOver) return;
    sink.send(text);
    if (sink.bufferedBytes() > bufferedBytesMax) this.close(closeTryLater, "The client reads too slowly.");
  }

  /** The client sent a frame. */
  take(text: string): void {
    this.hear();
    if (this.#isOver || !this.#isPaced()) return;
    const frame = decodeStreamFrame(text);
    if (!frame.ok) this.send(encodeError(frame.id, frame.fault));
    else if (this.#asks >= waitingAsksMax) this.send(encodeError(frame.ask.id, tooManyFrames));
    else this.#ask(frame.ask);
  }

  /** The client gave a sign of life. */
  hear(): void {
    this.#heardAt = this.#keeper.context.scheduler.now();
    this.#pings = 0;
  }

  /** The client has read some of what waited for it. */
  drain(): void {
    if (this.#waitsWith === "nothing" || (this.sink?.bufferedBytes() ?? 0) > drainedAtBytes) return;
    const isMissing = this.#waitsWith === "news";
    this.#waitsWith = "nothing";
    this.#release();
    if (isMissing) this.#reading ??= this.#run(() => this.#goOnAfterGap());
    else this.read();
  }

  /** The connection has closed. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release();
    this.audience.remove(this);
    this.#keeper.onEnd(this, this.#isByNode ? "by-node" : "by-client");
  }

  /** Closes the connection. The client may come back: its seats stand for as long as they do. */
  close(code: number, reason: string): void {
    this.#isByNode = true;
    this.sink?.close(code, reason);
    this.end();
  }

  /** Looks whether the client is still there and reads. To be called now and then. */
  lookAfter(now: Instant): void {
    const silentMs = now - this.#heardAt;
    if (silentMs >= pingAfterMs + 2 * pongPatienceMs) {
      this.close(closeTryLater, "The client does not answer.");
      return;
    }
    if (silentMs >= pingAfterMs + this.#pings * pongPatienceMs) {
      this.#pings += 1;
      this.sink?.ping();
    }
    this.drain();
  }

  /** To be called while it follows: who reads slowly is left out until it has caught up, or closed. */
  checkSpeed(): void {
    const waiting = this.sink?.bufferedBytes() ?? 0;
    if (waiting > bufferedBytesMax) this.close(closeTryLater, "The client reads too slowly.");
    else if (waiting > slowAtBytes) {
      this.audience.unfollow(this);
      this.#waitsWith = "news";
    }
  }

  /** Tells what lies after its own cursor. */
  tellAfter(deliveries: readonly Delivery[], cursor: Timetoken): void {
    if (cursor <= this.cursor) return;
    const news = deliveries.filter(({ item }) => item.timetoken > this.cursor);
    this.cursor = cursor;
    if (news.length > 0) this.send(encodeDeliveries(this.audience.wish, { deliveries: news, cursor }));
  }

  /** Reads for itself until it can follow its audience. */
  read(): void {
    if (this.#waitsWith !== "nothing") return;
    this.#reading ??= this.#run(() => this.#readOn());
  }

  /** Ceases to follow and to read, when its client has read what there was; then it may turn to something else. */
  async settle(): Promise<void> {
    while (!this.#isOver && (this.#reading !== undefined || this.#waitsWith !== "nothing")) {
      if (this.#reading !== undefined) await this.#reading;
      else await new Promise<void>((resolve) => (this.#onDrained = resolve));
    }
    if (!this.#isOver) this.audience.unfollow(this);
  }

  /** From now on it is for something else. To be called when it is settled. */
  turnTo(audience: Audience): void {
    this.audience = audience;
  }

  /** Tells all that there is now, and stands there. To be called when it is settled. */
  async catchUp(): Promise<void> {
    const { context } = this.#keeper;
    for (;;) {
      const { deliveries, cursor } = await collect(
        context,
        this.audience,
        this.cursor,
        context.scheduler.now(),
      );
      if (this.#isOver) return;
      this.tellAfter(deliveries, cursor);
      if (cursor > this.cursor) this.cursor = cursor;
      if (deliveries.length === 0) return;
    }
  }

  async #readOn(): Promise<void> {
    const { context } = this.#keeper;
    const { audience } = this;
    while (!this.#isOver) {
      if ((this.sink?.bufferedBytes() ?? 0) > slowAtBytes) {
        this.#waitsWith = "reading";
        return;
      }
      const { news } = audience;
      const { deliveries, cursor } = await collect(context, audience, this.cursor, context.scheduler.now());
      if (this.#isOver) return;
      const before = this.cursor;
      this.tellAfter(deliveries, cursor);
      if (cursor > this.cursor) this.cursor = cursor;
      if (deliveries.length > 0) continue;
      if (audience.enlist(this)) return;
      // To read on at once would be to read the same: the log may answer within the turn, and nothing else would happen.
      if (this.cursor === before && audience.news === news) {
        audience.keepWaiting(this);
        return;
      }
    }
  }

  #release(): void {
    const release = this.#onDrained;
    this.#onDrained = undefined;
    release?.();
  }

  async #goOnAfterGap(): Promise<void> {
    try {
      this.cursor = await tellMissed(this.#keeper.context, this);
    } catch (error) {
      this.#waitsWith = "news";
      throw error;
    }
    await this.#readOn();
  }

  async #run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#isOver) return;
      if (isAway(error)) this.#keeper.later(() => (this.#waitsWith === "news" ? this.drain() : this.read()));
      else this.#fail(error);
    } finally {
      this.#reading = undefined;
    }
  }

  #ask(ask: StreamAsk): void {
    this.#asks += 1;
    const before = this.#asking ?? Promise.resolve();
    const asking = before
      .then(() => (this.#isOver ? undefined : this.#keeper.carryOut(this, ask)))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#asks -= 1;
        if (this.#asking === asking) this.#asking = undefined;
      });
    this.#asking = asking;
  }

  #fail(error: unknown): void {
    this.#keeper.onDefect(error);
    this.close(closeInternal, "The node failed.");
  }

  /** Whether a frame is to be looked at: not when there were too many in this second. */
  #isPaced(): boolean {
    const second = Math.floor(this.#heardAt / 1_000);
    this.#frames = second === this.#second ? this.#frames + 1 : 1;
    this.#second = second;
    if (this.#frames <= streamFramesPerSecondMax) return true;
    if (this.#frames < streamFramesPerSecondEnd) this.send(encodeError(0, tooManyFrames));
    else this.close(closePolicy, "The client sends far too much.");
    return false;
  }
}

const tooManyFrames = {
  code: "too-many-requests",
  message: `A client may send ${streamFramesPerSecondMax} frames a second.`,
} as const;
