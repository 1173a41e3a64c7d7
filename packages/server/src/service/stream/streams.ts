/**
 * The streams of a node: admitted here, looked after in shifts, sent away when the node goes. Knows no WebSocket: who does
 * asks it to admit a target, and hands the stream that comes of it a sink.
 */
import type { Cancel, Instant, Random } from "@hereabouts/core";
import { type Fault, timetokenAt } from "@hereabouts/protocol";
import {
  closeGoingAway,
  closePolicy,
  decodeStream,
  encodeFault,
  encodeMove,
  presenceHint,
  type StreamAsk,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { Log } from "../../log.ts";
import type { UnderWay } from "../../under-way.ts";
import type { Context } from "../context.ts";
import { leaveClosedStream } from "../disconnect.ts";
import { isAway } from "../engine-away.ts";
import { askedTimeout, renewSeats } from "../seats.ts";
import { carryOut, openStream } from "./asks.ts";
import { Audiences } from "./audiences.ts";
import { closePatienceMs, cutOffShare, lookAgainAfterMs, moveShare, shifts, stoodStillMs } from "./bounds.ts";
import type { Publish, Sink } from "./sink.ts";
import type { Ending, Keeper, Stream } from "./stream.ts";

/** How those who know WebSockets come to streams. */
export interface StreamDoor {
  /** Admits a stream by the target that asks for it, or says what to answer instead. */
  admit(target: string): Promise<WireResponse | Stream>;
  /** The answer to a request for a stream that is no upgrade. */
  refuseRequest(): WireResponse;
  /** Is told how to publish; from then on handshakes offer streams. */
  attach(publish: Publish): void;
}

/** What streams need. */
export interface StreamsOptions {
  readonly context: Context;
  readonly log: Log;
  readonly underWay: UnderWay;
  /** Seconds for which a seat outlasts the node that renews it. */
  readonly timeoutSeconds: number;
}

/** The streams of a node. */
export class Streams implements StreamDoor, Keeper {
  readonly context: Context;
  readonly audiences: Audiences;
  /** Seconds for which a seat outlasts the node that renews it. */
  readonly timeoutSeconds: number;
  readonly #log: Log;
  readonly #underWay: UnderWay;
  /** The streams, by when they are looked after. */
  readonly #shifts: readonly Set<Stream>[] = Array.from({ length: shifts }, () => new Set<Stream>());
  #publish: Publish | undefined = undefined;
  #size = 0;
  #entered = 0;
  #round = 0;
  /** When the first renewal was asked for since the last one that was answered. */
  #unansweredSince: Instant | undefined = undefined;
  #cancelRound: Cancel | undefined = undefined;
  #blocked: (() => void)[] = [];
  #isDraining = false;
  /** Streams that were closed, in the order in which they are cut off. */
  #closing: { readonly sink: Sink; readonly due: Instant }[] = [];
  #cancelClosing: Cancel | undefined = undefined;

  constructor({ context, log, underWay, timeoutSeconds }: StreamsOptions) {
    this.context = context;
    this.timeoutSeconds = timeoutSeconds;
    this.#log = log;
    context.heldPolls.countAlso(() => this.#size);
    this.#underWay = underWay;
    this.audiences = new Audiences({
      context,
      publish: (topic, text) => this.#publish?.(topic, text),
      renew: (stream) => this.#renew(stream, context.scheduler.now()),
      later: (run) => this.later(run),
      onDefect: (error) => this.onDefect(error),
    });
  }

  /** How many streams are open, or being opened. */
  get size(): number {
    return this.#size;
  }

  /** Whether clients may open streams here. */
  get isOpen(): boolean {
    return this.#publish !== undefined && !this.#isDraining;
  }

  attach(publish: Publish): void {
    this.#publish = publish;
  }

  refuseRequest(): WireResponse {
    const message = "A stream is opened by an upgrade to a WebSocket.";
    return this.#refusal({ code: "invalid-argument", message });
  }

  async admit(target: string): Promise<WireResponse | Stream> {
    const decoded = decodeStream(target);
    if (!decoded.ok) return this.#refusal(decoded.fault);
    const keyset = this.context.keysets.get(decoded.command.subscribeKey);
    if (keyset === undefined) return this.#refusal({ code: "invalid-subscribe-key" });
    if (this.#isDraining) return this.#refusal(draining);
    if (this.context.heldPolls.isFull) return this.#refusal(tooMany);
    this.#size += 1;
    this.#underWay.begin();
    try {
      const opened = await openStream(this, keyset, decoded.command);
      if (opened.ok) return this.#enter(opened.value);
      this.#size -= 1;
      return this.#refusal(opened.fault);
    } catch (error) {
      this.#size -= 1;
      if (!isAway(error)) this.onDefect(error);
      return this.#refusal(isAway(error) ? unavailable : { code: "internal" });
    } finally {
      this.#underWay.end();
    }
  }

  /** Every stream that is open. */
  *all(): Iterable<Stream> {
    for (const shift of this.#shifts) yield* shift;
  }

  carryOut(stream: Stream, ask: StreamAsk): Promise<void> {
    return carryOut(this, stream, ask);
  }

  later(run: () => void): void {
    if (this.#blocked.push(run) > 1) return;
    const { scheduler } = this.context;
    scheduler.at(scheduler.now() + lookAgainAfterMs, () => {
      const blocked = this.#blocked;
      this.#blocked = [];
      for (const each of blocked) each();
    });
  }

  onDefect(error: unknown): void {
    this.#log.error("A stream failed for a reason of our own.", { err: error });
  }

  /** Gives up the seats of a client that has closed its stream. Those of one that was sent away run out, or are renewed. */
  onEnd(stream: Stream, how: Ending): void {
    this.#size -= 1;
    for (const shift of this.#shifts) if (shift.delete(stream)) break;
    this.context.connections.remove(stream);
    // A node that stops cuts its connections off anyway.
    if (this.#isDraining) return;
    if (how === "by-node") {
      this.#cutOffLater(stream.sink);
      return;
    }
    this.#underWay.begin();
    leaveClosedStream(this.context, stream)
      .catch((error: unknown) => {
        // What cannot be given up now runs out.
        if (!isAway(error)) this.onDefect(error);
      })
      .finally(() => this.#underWay.end());
  }

  /**
   * Takes no more streams, asks clients to move at random moments of most of `overMs` milliseconds, and closes those that
   * are left at its end. Their seats stand until other nodes renew them, or run out.
   */
  drain(overMs: number, random: Random): void {
    const isFirst = !this.#isDraining;
    this.#isDraining = true;
    this.#cancelClosing?.();
    if (overMs === 0) {
      this.#closeAll();
      return;
    }
    const span = overMs * moveShare;
    if (isFirst) {
      for (const stream of this.all()) {
        stream.send(encodeMove(Math.floor((random.uint32() / 2 ** 32) * span)));
      }
    }
    const { scheduler } = this.context;
    this.#cancelClosing = scheduler.at(scheduler.now() + overMs, () => this.#closeAll());
  }

  /** Who reads nothing does not read that it is closed, either. */
  #cutOffLater(sink: Sink | undefined): void {
    if (sink === undefined) return;
    const due = this.context.scheduler.now() + closePatienceMs;
    if (this.#closing.push({ sink, due }) === 1) this.#armCutOff(due);
  }

  #armCutOff(when: Instant): void {
    this.context.scheduler.at(when, () => {
      const now = this.context.scheduler.now();
      const due = this.#closing.filter((each) => each.due <= now);
      this.#closing = this.#closing.filter((each) => each.due > now);
      for (const { sink } of due) sink.cutOff();
      const [next] = this.#closing;
      if (next !== undefined) this.#armCutOff(next.due);
    });
  }

  #closeAll(): void {
    this.#sendAway("The node is stopping.");
    this.#cancelRound?.();
    this.#cancelRound = undefined;
  }

  #sendAway(reason: string): void {
    for (const stream of [...this.all()]) stream.close(closeGoingAway, reason);
  }

  #enter(stream: Stream): WireResponse | Stream {
    // Admission may have taken until after the end of a drain.
    if (this.#isDraining) {
      stream.close(closeGoingAway, "The node is stopping.");
      return this.#refusal(draining);
    }
    this.#shiftAt(this.#entered).add(stream);
    this.#entered += 1;
    if (this.#cancelRound === undefined) this.#armRound();
    return stream;
  }

  #shiftAt(index: number): Set<Stream> {
    const shift = this.#shifts[index % shifts];
    if (shift === undefined) throw new RangeError(`There is no shift ${index}.`);
    return shift;
  }

  /** Every stream is looked after in a third of the time for which its seats stand. */
  #armRound(): void {
    const { scheduler } = this.context;
    const everyMs = (this.timeoutSeconds * 1_000) / 3 / shifts;
    const dueAt = scheduler.now() + everyMs;
    this.#cancelRound = scheduler.at(dueAt, () => {
      this.#cancelRound = undefined;
      // A node that stood still hears first who has gone meanwhile: seats that ended long ago would be taken again.
      if (scheduler.now() - dueAt < stoodStillMs) {
        this.#lookAfter(this.#shiftAt(this.#round));
        this.#round += 1;
      }
      if (this.#size > 0) this.#armRound();
    });
  }

  #lookAfter(shift: ReadonlySet<Stream>): void {
    const now = this.context.scheduler.now();
    const sinceMs = now - (this.#unansweredSince ?? now);
    if (sinceMs > this.timeoutSeconds * 1_000 * cutOffShare) {
      // While their seats still stand, others may renew them.
      this.#unansweredSince = undefined;
      this.#sendAway("The node cannot reach its engine.");
      return;
    }
    for (const stream of shift) {
      if (this.context.keysets.get(stream.audience.subscribeKey) === undefined) {
        stream.close(closePolicy, "Invalid Subscribe Key");
        continue;
      }
      stream.lookAfter(now);
      if (!stream.isOver) this.#renew(stream, now);
    }
  }

  /** Under the policy as it is now: a change of rules is in force for those who came before it, too. */
  #renew({ audience, user, device, subscription }: Stream, now: Instant): void {
    const keyset = this.context.keysets.get(audience.subscribeKey);
    if (keyset === undefined || user === undefined || subscription.seats.length === 0) return;
    const request = {
      user,
      device,
      channels: subscription.seats,
      timeoutSeconds: askedTimeout(keyset.policy, this.timeoutSeconds),
      defaultTimeoutSeconds: this.timeoutSeconds,
      states: undefined,
      intent: "implied",
      asksForOwnJoins: false,
    } as const;
    this.#unansweredSince ??= now;
    const answered = (): void => {
      this.#unansweredSince = undefined;
    };
    try {
      const renewed = renewSeats(this.context, keyset, request, now);
      if (renewed instanceof Promise) renewed.then(answered, (error: unknown) => this.#couldNotRenew(error));
      else answered();
    } catch (error) {
      this.#couldNotRenew(error);
    }
  }

  #couldNotRenew(error: unknown): void {
    if (isAway(error)) {
      this.#log.warn("The seats of streams could not be renewed; the next round tries again.", {
        err: error,
      });
    } else this.onDefect(error);
  }

  #refusal(fault: Fault): WireResponse {
    return encodeFault(fault, presenceHint, timetokenAt(this.context.scheduler.now()));
  }
}

const draining: Fault = { code: "unavailable", message: "The node is stopping.", retryAfterSeconds: 1 };
const unavailable: Fault = { code: "unavailable", retryAfterSeconds: 1 };
const tooMany: Fault = {
  code: "too-many-requests",
  message: "This node holds as many polls and streams as it may.",
  retryAfterSeconds: 1,
};
