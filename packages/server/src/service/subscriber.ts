/** One subscribe request, expanded: who asks, for what, and how it keeps the user's seats. */
import {
  expandStates,
  expandSubscription,
  type Instant,
  type Keyset,
  type Members,
  type SeatRequest,
  type Subscription,
  type Touched,
  trackedBy,
} from "@hereabouts/core";
import {
  type Channel,
  type Filter,
  isPresenceName,
  type State,
  type SubscribeCommand,
  zeroTimetoken,
} from "@hereabouts/protocol";
import type { Context } from "./context.ts";
import { membersOf } from "./members.ts";
import { askedTimeout, setSeatStates, touchSeats } from "./seats.ts";

/** A subscribe request with its groups expanded as they were when it came. */
export interface Subscriber {
  readonly keyset: Keyset;
  readonly command: SubscribeCommand;
  readonly subscription: Subscription;
  readonly filter: Filter | undefined;
  readonly states: ReadonlyMap<Channel, State> | undefined;
}

/** Expands a subscribe request; at once when it names no groups. */
export function subscriberOf(
  context: Context,
  keyset: Keyset,
  command: SubscribeCommand,
): Subscriber | Promise<Subscriber> {
  const members = membersOf(context, keyset.subscribeKey, command.groups);
  if (members instanceof Promise) return members.then((found) => expand(keyset, command, found));
  return expand(keyset, command, members);
}

function expand(keyset: Keyset, command: SubscribeCommand, members: Members): Subscriber {
  return new PollSubscriber(keyset, command, members);
}

/** Who polls. With four fields, because tens of thousands are held. */
class PollSubscriber implements Subscriber {
  readonly keyset: Keyset;
  readonly command: SubscribeCommand;
  readonly subscription: Subscription;
  readonly states: ReadonlyMap<Channel, State> | undefined;

  constructor(keyset: Keyset, command: SubscribeCommand, members: Members) {
    this.keyset = keyset;
    this.command = command;
    this.subscription = expandSubscription(command, members);
    this.states = command.state && expandStates(command.state, command, members);
  }

  get filter(): Filter | undefined {
    return this.command.filter;
  }
}

/** What became of a subscriber's seats, now or later; `undefined` when there was nothing to take or renew. */
export type Touch = Touched | undefined | Promise<Touched | undefined>;

/** Takes or renews the seats of a handshake: the client says that it is there. */
export function touchDeliberately(context: Context, subscriber: Subscriber, now: Instant): Touch {
  const request = seatRequest(subscriber, "deliberate", subscriber.states);
  return touch(context, subscriber, request, now);
}

/**
 * Takes or renews the seats of a stream that is opened. From a cursor it goes on from a handshake, as a poll does: one
 * that comes after the client's leave takes no seats again.
 */
export function touchOnOpening(context: Context, subscriber: Subscriber, now: Instant): Touch {
  const intent = subscriber.command.after === zeroTimetoken ? "deliberate" : "implied";
  return touch(context, subscriber, seatRequest(subscriber, intent, subscriber.states), now);
}

/**
 * Renews the seats of a poll on its arrival, state included, where the policy lets polls count as activity. In channels
 * that are left by closing a poll, opening one counts always: it may be the one that the user comes back with.
 */
export function touchOnArrival(context: Context, subscriber: Subscriber, now: Instant): Touch {
  if (!subscriber.keyset.policy.impliedHeartbeat) return arriveWithoutActivity(context, subscriber, now);
  return touch(context, subscriber, seatRequest(subscriber, "implied", subscriber.states), now);
}

async function arriveWithoutActivity(
  context: Context,
  subscriber: Subscriber,
  now: Instant,
): Promise<Touched | undefined> {
  await setStates(context, subscriber, now);
  return touchIn(context, subscriber, leftByClosing(subscriber), now);
}

/** Renews the seats of a poll that has waited, where the policy, as it is by then, lets polls count as activity. */
export function touchAgain(context: Context, waiting: Subscriber, now: Instant): Touch {
  const keyset = context.keysets.get(waiting.keyset.subscribeKey);
  const { command, subscription } = waiting;
  const subscriber = { keyset: keyset ?? waiting.keyset, command, subscription };
  if (!subscriber.keyset.policy.impliedHeartbeat) return undefined;
  return touch(context, subscriber, seatRequest(subscriber, "implied", undefined), now);
}

/** Renews some of a connection's seats, whatever the policy lets count as activity. */
export function touchIn(
  context: Context,
  subscriber: Subscriber,
  channels: readonly Channel[],
  now: Instant,
): Touch {
  if (channels.length === 0) return undefined;
  const request = seatRequest(subscriber, "implied", undefined);
  return touch(context, subscriber, request && { ...request, channels }, now);
}

function touch(
  context: Context,
  subscriber: Pick<Subscriber, "keyset">,
  request: SeatRequest | undefined,
  now: Instant,
): Touch {
  if (request === undefined) return undefined;
  // As it is now: who waits, or is connected, may have come under other rules.
  const keyset = context.keysets.get(subscriber.keyset.subscribeKey) ?? subscriber.keyset;
  return touchSeats(context, keyset, request, now);
}

/** `undefined` for a plain observer: one who names no user, or nothing that users sit in. */
function seatRequest(
  subscriber: Pick<Subscriber, "keyset" | "command" | "subscription">,
  intent: SeatRequest["intent"],
  states: SeatRequest["states"],
): SeatRequest | undefined {
  const { command, subscription } = subscriber;
  if (command.user === undefined || subscription.seats.length === 0) return undefined;
  return {
    user: command.user,
    device: command.device,
    channels: subscription.seats,
    timeoutSeconds: askedTimeout(subscriber.keyset.policy, command.timeoutSeconds),
    defaultTimeoutSeconds: subscriber.keyset.policy.presenceTimeoutSeconds,
    states,
    intent,
    asksForOwnJoins: intent === "deliberate" && subscription.topics.some(isPresenceName),
  };
}

/** The channels that are left when the connection closes. */
function leftByClosing({ keyset, subscription }: Subscriber): readonly Channel[] {
  return trackedBy(keyset.policy, subscription.seats, (rule) => rule.leaveOnDisconnect).get(true) ?? [];
}

/** A poll that is no activity may still carry state. */
async function setStates(context: Context, subscriber: Subscriber, now: Instant): Promise<void> {
  const { keyset, command, states } = subscriber;
  if (command.user === undefined || states === undefined) return;
  for (const [channel, state] of states) {
    await setSeatStates(context, keyset, { user: command.user, channels: [channel], state }, now);
  }
}
