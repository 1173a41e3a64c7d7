/** What becomes of a user's seats when the connection that spoke for them closes (semantics § 15). */
import { type ChannelPolicy, trackedBy } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { Lease } from "./connections.ts";
import type { Context } from "./context.ts";
import { leaveSeats } from "./seats.ts";
import { type Subscriber, touchIn } from "./subscriber.ts";

/**
 * Gives up the seats of a poll whose client has closed its connection, unanswered: in the channels whose rule says so,
 * each with its grace, and not where another open connection of the same lease is for the channel, too. The poll itself
 * must not be open any more.
 */
export function leaveOnDisconnect(context: Context, poll: Subscriber): Promise<void> {
  return giveUp(context, poll, (policy) => policy.leaveOnDisconnect);
}

/** As {@link leaveOnDisconnect}, for a stream, whose connection is what its seats stand on: in every channel. */
export function leaveClosedStream(context: Context, stream: Subscriber): Promise<void> {
  return giveUp(context, stream, () => true);
}

async function giveUp(
  context: Context,
  { keyset, command, subscription }: Subscriber,
  isMeant: (rule: ChannelPolicy) => boolean,
): Promise<void> {
  const { subscribeKey } = keyset;
  // As it is now: a change of rules takes effect at once, also for those who came before it.
  const present = context.keysets.get(subscribeKey);
  if (present === undefined || command.user === undefined || subscription.seats.length === 0) return;
  const graceOf = (rule: ChannelPolicy): number | undefined =>
    isMeant(rule) ? rule.disconnectGraceSeconds * 1_000 : undefined;
  const lease = { user: command.user, device: command.device };
  for (const [graceMs, channels] of trackedBy(present.policy, subscription.seats, graceOf)) {
    if (graceMs === undefined) continue;
    const left = context.connections.uncovered(subscribeKey, lease, channels);
    if (left.length === 0) continue;
    // Whoever comes back has not left by its own will: nothing holds it up.
    const request = { ...lease, channels: left, debounceMs: 0, graceMs };
    await leaveSeats(context, present, request, context.scheduler.now());
    context.disconnectNotices.tell(subscribeKey, lease, left);
  }
}

/** Renews what another node has given up, as far as connections to this one are for it. */
export async function renewCovered(
  context: Context,
  keyset: SubscribeKey,
  lease: Lease,
  channels: readonly Channel[],
): Promise<void> {
  const given = new Set(channels);
  for (const connection of context.connections.of(keyset, lease)) {
    const covered = connection.subscription.seats.filter((channel) => given.has(channel));
    if (covered.length > 0) await touchIn(context, connection, covered, context.scheduler.now());
  }
}
