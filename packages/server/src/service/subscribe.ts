/** Subscribe v2: the handshake and the poll (wire specification § 4, semantics § 2). */
import type { Keyset } from "@hereabouts/core";
import {
  type Delivery,
  type Result,
  type SubscribeCommand,
  type SubscribeOutcome,
  success,
  zeroTimetoken,
} from "@hereabouts/protocol";
import type { CancelSignal } from "@hereabouts/protocol/wire";
import { collect } from "./collect.ts";
import type { Context } from "./context.ts";
import { type GroupsWatch, watchGroups } from "./groups-watch.ts";
import { holdPoll, type Wait } from "./held-poll.ts";
import { overLimit } from "./seat-limit.ts";
import { type Subscriber, subscriberOf, touchDeliberately, touchOnArrival } from "./subscriber.ts";

/**
 * Who asked, and is told the answer: once, by one of the two. An object that whoever answers hands the command back to,
 * and no promise of the answer with functions that remember it: tens of thousands wait.
 */
export interface Asker {
  /** Tells what the subscribe came to. */
  answer(command: SubscribeCommand, result: Result<SubscribeOutcome>): void;
  /** Tells that the engine could not answer, or that there is a mistake of ours. */
  fail(command: SubscribeCommand, error: unknown): void;
}

/** A subscribe that somebody waits for. */
export interface SubscribeRequest {
  readonly keyset: Keyset;
  readonly command: SubscribeCommand;
  readonly groups: GroupsWatch | undefined;
  readonly signal: CancelSignal;
  readonly asker: Asker;
}

/** Answers a handshake at once, and a poll as soon as there is something to tell or its time is up. */
export function subscribe(context: Context, request: SubscribeRequest): void {
  const { command, asker } = request;
  const begin = command.after === zeroTimetoken ? handshake : command.groups.length === 0 ? poll : pollGroups;
  begin(context, request).catch((error: unknown) => asker.fail(command, error));
}

/** Watches the groups from before they are read. */
async function pollGroups(context: Context, request: SubscribeRequest): Promise<void> {
  const { keyset, command, asker } = request;
  const groups = watchGroups(context.engine.groups, keyset.subscribeKey, command.groups);
  const watching: Asker = {
    answer(answered, result) {
      groups.stop();
      asker.answer(answered, result);
    },
    fail(failed, error) {
      groups.stop();
      asker.fail(failed, error);
    },
  };
  try {
    await poll(context, { ...request, groups, asker: watching });
  } catch (error) {
    watching.fail(command, error);
  }
}

async function poll(context: Context, request: SubscribeRequest): Promise<void> {
  const { keyset, command, groups, signal, asker } = request;
  const expanded = subscriberOf(context, keyset, command);
  const subscriber = expanded instanceof Promise ? await expanded : expanded;
  // From before its touch: the poll whose place it takes may close meanwhile, and must not give up what this one renews.
  context.connections.add(subscriber);
  let isHeld = false;
  try {
    const arrival = await arrive(context, subscriber);
    if ("ok" in arrival) return asker.answer(command, arrival);
    isHeld = true;
    holdPoll(context, subscriber, { ...arrival, groups, signal, asker });
  } finally {
    if (!isHeld) context.connections.remove(subscriber);
  }
}

/** Renews a poll's seats and looks for news: what there is to answer at once, or what it begins to wait with. */
async function arrive(
  context: Context,
  subscriber: Subscriber,
): Promise<Result<SubscribeOutcome> | Pick<Wait, "cursor" | "refusedUntil">> {
  const { command } = subscriber;
  const now = context.scheduler.now();
  const touching = touchOnArrival(context, subscriber, now);
  const touched = touching instanceof Promise ? await touching : touching;
  const refusal = overLimit(touched, command.user);
  if (refusal !== undefined) return refusal;
  const collecting = collect(context, subscriber, command.after, now);
  const { deliveries, cursor } = collecting instanceof Promise ? await collecting : collecting;
  if (deliveries.length > 0) return success({ deliveries, cursor });
  if (context.heldPolls.isDrained) return success({ deliveries, cursor: command.after });
  if (context.heldPolls.isFull) return tooManyPolls;
  return { cursor, refusedUntil: touched?.refusedUntil };
}

const noDeliveries: readonly Delivery[] = [];

const tooManyPolls: Result<never> = {
  ok: false,
  fault: {
    code: "too-many-requests",
    message: "This node holds as many polls as it may.",
    retryAfterSeconds: 1,
  },
};

/**
 * Takes the user's seats and gives a cursor to poll from. The client's first heartbeat may have come before its
 * handshake, and its `join` with it: a subscriber of presence is given a cursor before its own recent join, so that it
 * sees it whichever came first.
 */
async function handshake(context: Context, { keyset, command, asker }: SubscribeRequest): Promise<void> {
  const expanded = subscriberOf(context, keyset, command);
  const subscriber = expanded instanceof Promise ? await expanded : expanded;
  const now = context.scheduler.now();
  const touched = await touchDeliberately(context, subscriber, now);
  const refusal = overLimit(touched, command.user);
  if (refusal !== undefined) return asker.answer(command, refusal);
  const { topics } = subscriber.subscription;
  // Asked for also where it is not the answer: nothing may still come to be below a cursor that is given out.
  const position = await context.engine.log.position(keyset.subscribeKey, topics, now);
  const outcome = { cursor: touched?.beforeOwnJoins ?? position, deliveries: noDeliveries };
  const isOffered = command.includeDetails && context.offersStreams();
  asker.answer(command, success(isOffered ? { ...outcome, offersStream: true } : outcome));
}
