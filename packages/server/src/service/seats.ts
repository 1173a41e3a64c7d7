/**
 * The verbs that make changes, as a keyset's policy wants them: every change passes here and is seen to. Where rules say
 * different things about a request's channels it becomes several; where there is no presence in a channel, nothing.
 */
import {
  type Change,
  type ChannelPolicy,
  type Instant,
  isUniform,
  type Keyset,
  type LeaveRequest,
  type Policy,
  type SeatRequest,
  type StateRequest,
  type Touched,
  timeoutInRange,
  trackedBy,
} from "@hereabouts/core";
import { type Result, success } from "@hereabouts/protocol";
import type { Context } from "./context.ts";
import { overLimit } from "./seat-limit.ts";

const done: Result<undefined> = success(undefined);
const untouched: Touched = {
  changes: [],
  beforeOwnJoins: undefined,
  refusedUntil: undefined,
  channelsOverLimit: [],
};

/** The presence timeout that a request asks for. Without rules it is brought into the keyset's range here, else later. */
export function askedTimeout(policy: Policy, seconds: number | undefined): number | undefined {
  return seconds === undefined || !isUniform(policy) ? seconds : timeoutInRange(policy, seconds);
}

/**
 * Takes or renews seats, and answers what a heartbeat is answered. The most frequent of all: without rules and without
 * changes it costs what the engine's verb does.
 */
export function renewSeats(
  context: Context,
  keyset: Keyset,
  request: SeatRequest,
  now: Instant,
): Result<undefined> | Promise<Result<undefined>> {
  const touched = touchSeats(context, keyset, request, now);
  if (touched instanceof Promise) return touched.then((later) => overLimit(later, request.user) ?? done);
  return overLimit(touched, request.user) ?? done;
}

/** Takes or renews seats, at once where nothing has to be waited for. */
export function touchSeats(
  context: Context,
  keyset: Keyset,
  request: SeatRequest,
  now: Instant,
): Touched | Promise<Touched> {
  const touched = isUniform(keyset.policy)
    ? context.engine.presence.touch(keyset.subscribeKey, request, now)
    : touchByRule(context, keyset, request, now);
  if (touched instanceof Promise) return touched.then((later) => withSeen(context, keyset, later));
  return withSeen(context, keyset, touched);
}

function withSeen(context: Context, keyset: Keyset, touched: Touched): Touched | Promise<Touched> {
  if (touched.changes.length === 0) return touched;
  return seen(context, keyset, touched.changes)?.then(() => touched) ?? touched;
}

/** Gives seats up. Where the request does not say for how long it debounces, the channels' rules do. */
export async function leaveSeats(
  context: Context,
  keyset: Keyset,
  request: Omit<LeaveRequest, "debounceMs"> & Partial<LeaveRequest>,
  now: Instant,
): Promise<void> {
  const { policy, subscribeKey } = keyset;
  const { presence } = context.engine;
  const debounceOf = (rule: ChannelPolicy): number => request.debounceMs ?? rule.debounceSeconds * 1_000;
  for (const [debounceMs, channels] of trackedBy(policy, request.channels, debounceOf)) {
    const changes = await presence.leave(subscribeKey, { ...request, channels, debounceMs }, now);
    await seen(context, keyset, changes);
  }
}

/** Replaces a user's state. That of a user without a seat is kept for a presence timeout. */
export async function setSeatStates(
  context: Context,
  keyset: Keyset,
  request: Omit<StateRequest, "keepMs">,
  now: Instant,
): Promise<void> {
  const { policy, subscribeKey } = keyset;
  const { presence } = context.engine;
  const byKeeping = trackedBy(policy, request.channels, (rule) => rule.presenceTimeoutSeconds * 1_000);
  for (const [keepMs, channels] of byKeeping) {
    const changes = await presence.setState(subscribeKey, { ...request, channels, keepMs }, now);
    await seen(context, keyset, changes);
  }
}

/** Ends at most `limit` seats whose deadline has come; answers how many. */
export async function sweepSeats(context: Context, keyset: Keyset, limit: number): Promise<number> {
  const { engine, scheduler } = context;
  const changes = await engine.presence.sweep(keyset.subscribeKey, scheduler.now(), limit);
  await seen(context, keyset, changes);
  return changes.length;
}

function seen(
  { scheduler, afterChanges }: Pick<Context, "scheduler" | "afterChanges">,
  keyset: Keyset,
  changes: readonly Change[],
): Promise<void> | undefined {
  return changes.length === 0 ? undefined : afterChanges(keyset, changes, scheduler.now());
}

/** One touch for each pair of presence timeouts that the rules give the channels. */
function touchByRule(
  { engine }: Context,
  { policy, subscribeKey }: Keyset,
  request: SeatRequest,
  now: Instant,
): Touched | Promise<Touched> {
  const timeouts = new Map<string, Pick<SeatRequest, "timeoutSeconds" | "defaultTimeoutSeconds">>();
  const byTimeouts = trackedBy(policy, request.channels, (rule) => {
    const timeoutSeconds =
      request.timeoutSeconds === undefined ? undefined : timeoutInRange(rule, request.timeoutSeconds);
    const defaultTimeoutSeconds = rule.presenceTimeoutSeconds;
    const key = `${timeoutSeconds} ${defaultTimeoutSeconds}`;
    timeouts.set(key, { timeoutSeconds, defaultTimeoutSeconds });
    return key;
  });
  if (byTimeouts.size === 0) return untouched;
  const parts = [...byTimeouts].map(([key, channels]) =>
    engine.presence.touch(subscribeKey, { ...request, ...timeouts.get(key), channels }, now),
  );
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return Promise.all(parts).then(together);
}

/** What several touches came to, as if they had been one: a cursor before every join, and when the last debounce is over. */
function together(parts: readonly Touched[]): Touched {
  const cursors = parts.flatMap(({ beforeOwnJoins }) => beforeOwnJoins ?? []);
  const refusals = parts.flatMap(({ refusedUntil }) => refusedUntil ?? []);
  return {
    changes: parts.flatMap(({ changes }) => changes),
    beforeOwnJoins: cursors.toSorted((one, other) => (one < other ? -1 : 1))[0],
    refusedUntil: refusals.length === 0 ? undefined : Math.max(...refusals),
    channelsOverLimit: parts.flatMap(({ channelsOverLimit }) => channelsOverLimit),
  };
}
