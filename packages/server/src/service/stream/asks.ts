/** What clients ask of streams: to be opened, another subscription in place of the one before, a leave. */
import type { Keyset } from "@hereabouts/core";
import {
  type Fault,
  failure,
  type Result,
  type SubscribeCommand,
  success,
  type Targets,
  zeroTimetoken,
} from "@hereabouts/protocol";
import { encodeError, encodeReady, type StreamAsk } from "@hereabouts/protocol/wire";
import { leaveClosedStream } from "../disconnect.ts";
import { isAway } from "../engine-away.ts";
import { leave } from "../leave.ts";
import { overLimit } from "../seat-limit.ts";
import { type Subscriber, subscriberOf, touchDeliberately, touchOnOpening } from "../subscriber.ts";
import { Stream } from "./stream.ts";
import type { Streams } from "./streams.ts";

/** Opens a stream: takes the user's seats, and finds where to begin. */
export async function openStream(
  streams: Streams,
  keyset: Keyset,
  asked: SubscribeCommand,
): Promise<Result<Stream>> {
  const { context, audiences } = streams;
  const command = { ...asked, timeoutSeconds: streams.timeoutSeconds };
  const audience = audiences.of(keyset, command);
  const stream = new Stream(streams, audience, command);
  await audience.admit(stream);
  // From before its touch: the stream whose place it takes may close meanwhile.
  context.connections.addStream(stream);
  try {
    const now = context.scheduler.now();
    const touched = await touchOnOpening(context, await subscriberOf(context, keyset, command), now);
    const refusal = overLimit(touched, command.user);
    if (refusal !== undefined) {
      dismiss(streams, stream);
      return refusal;
    }
    if (command.after === zeroTimetoken) {
      const { topics } = stream.subscription;
      const position = await context.engine.log.position(keyset.subscribeKey, topics, now);
      stream.cursor = touched?.beforeOwnJoins ?? position;
    }
    return success(stream);
  } catch (error) {
    dismiss(streams, stream);
    throw error;
  }
}

function dismiss({ context }: Streams, stream: Stream): void {
  context.connections.remove(stream);
  stream.audience.remove(stream);
}

/** Carries out what a client asks on its stream, and answers it. Rejects for a defect of ours. */
export async function carryOut(streams: Streams, stream: Stream, ask: StreamAsk): Promise<void> {
  const refusal = await carriedOut(streams, stream, ask).catch((error: unknown): Fault => {
    if (!isAway(error)) throw error;
    return { code: "unavailable" };
  });
  if (refusal === undefined) stream.send(encodeReady(ask.id, stream.cursor));
  else stream.send(encodeError(ask.id, refusal));
  stream.read();
}

async function carriedOut(streams: Streams, stream: Stream, ask: StreamAsk): Promise<Fault | undefined> {
  // All that there is for the old subscription is told before anything changes: the new one begins there.
  await stream.settle();
  await stream.catchUp();
  if (stream.isOver) return undefined;
  return ask.kind === "subscribe" ? subscribe(streams, stream, ask) : giveUp(streams, stream, ask);
}

async function subscribe(
  streams: Streams,
  stream: Stream,
  ask: Extract<StreamAsk, { kind: "subscribe" }>,
): Promise<Fault | undefined> {
  const { context } = streams;
  const { channels, groups, filter, state } = ask;
  const asked = { ...stream.command, channels, groups, filter, state };
  const subscriber = await subscriberOf(context, stream.keyset, asked);
  const touched = await touchDeliberately(context, subscriber, context.scheduler.now());
  const refusal = overLimit(touched, asked.user);
  if (refusal !== undefined) return refusal.ok ? undefined : refusal.fault;
  const before = await turnTo(streams, stream, asked);
  const seated = new Set(stream.subscription.seats);
  const seats = before.subscription.seats.filter((channel) => !seated.has(channel));
  // Whoever is gone from a subscription without a word may be back as one whose connection closed.
  await leaveClosedStream(context, { ...before, subscription: { ...emptied(before), seats } });
  return undefined;
}

async function giveUp(
  streams: Streams,
  stream: Stream,
  ask: Extract<StreamAsk, { kind: "leave" }>,
): Promise<Fault | undefined> {
  const { command, keyset } = stream;
  const { user, device, subscribeKey } = command;
  if (user === undefined) {
    const missing = failure("invalid-argument", "A stream without a uuid has no seats to leave.");
    return missing.ok ? undefined : missing.fault;
  }
  await turnTo(streams, stream, { ...command, ...without(command, ask) });
  const { channels, groups } = ask;
  const request = { kind: "leave", subscribeKey, user, device, channels, groups } as const;
  const left = await leave(streams.context, keyset, request);
  return left.ok ? undefined : left.fault;
}

/** Puts a subscription in the place of a stream's; answers with the one before. */
async function turnTo(streams: Streams, stream: Stream, asked: SubscribeCommand): Promise<Subscriber> {
  const { connections } = streams.context;
  const { keyset, command, filter, audience } = stream;
  const joined = streams.audiences.of(keyset, asked);
  await joined.admit(stream);
  const { subscription } = stream;
  if (stream.isOver) joined.remove(stream);
  else {
    connections.remove(stream);
    stream.turnTo(joined);
    if (audience !== joined) audience.remove(stream);
    connections.addStream(stream);
  }
  return { keyset, command, subscription, filter, states: undefined };
}

function emptied({ subscription }: Subscriber): Subscriber["subscription"] {
  return { seats: [], topics: subscription.topics, match: () => undefined };
}

function without(all: Targets, some: Targets): Targets {
  const channels = new Set(some.channels);
  const groups = new Set(some.groups);
  return {
    channels: all.channels.filter((channel) => !channels.has(channel)),
    groups: all.groups.filter((group) => !groups.has(group)),
  };
}
