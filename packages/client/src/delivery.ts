/** Brings what a poll's answer has to the subscriptions it is for, in order, states checked. */
import type { StatusEvent, SubscriptionEvent } from "./api.ts";
import { decodeItem, type Item, type RawEvent } from "./events.ts";
import type { Cursor } from "./machine/subscribe.ts";
import { type Coverage, matchOf } from "./matching.ts";
import { type Eventually, type ReadState, type StateCheck, whenThere } from "./state-check.ts";
import type { SubscriptionOutlet } from "./subscription.ts";

/** Who may be told. */
export interface Receiver<State, Message> {
  readonly coverage: Coverage;
  readonly outlet: SubscriptionOutlet<State, Message>;
  /** After which timetoken; `undefined` while it is told of nothing. */
  readonly from: string | undefined;
  /** Whether an event with a state that does not fit is told without it, instead of not at all. */
  readonly isLenient: boolean;
}

/** What a delivery goes by. */
export interface DeliveryParts<State, Message> {
  readonly receivers: Iterable<Receiver<State, Message>>;
  readonly check: StateCheck<State>;
  /** Called with every event that somebody is told of, before. */
  onEvent(event: RawEvent): void;
  /** Called for a state that does not fit, besides the receivers. */
  onStatus(event: StatusEvent): void;
}

interface Hit<State, Message> {
  readonly receiver: Receiver<State, Message>;
  readonly subscription: string | undefined;
}

/** Delivers the items of one answer. Never rejects. Takes its time only where a schema does. */
export async function deliver<State, Message>(
  items: readonly unknown[],
  parts: DeliveryParts<State, Message>,
): Promise<void> {
  for (const raw of items) {
    const item = decodeItem(raw);
    const hits = item === undefined ? [] : hitsOf(item, parts.receivers);
    if (item === undefined || hits.length === 0) continue;
    parts.onEvent(item.event);
    const done = offer(item.event, hits, parts);
    if (done instanceof Promise) await done;
  }
  for (const { outlet } of parts.receivers) outlet.flush();
}

function hitsOf<State, Message>(
  item: Item,
  receivers: Iterable<Receiver<State, Message>>,
): readonly Hit<State, Message>[] {
  return [...receivers].flatMap((receiver) => {
    const { from, coverage } = receiver;
    if (from === undefined || !isAfter(item.event.timetoken, from)) return [];
    const match = matchOf(coverage, item);
    return match === undefined ? [] : [{ receiver, subscription: match.subscription }];
  });
}

/** Timetokens have as many digits as they need. */
function isAfter(timetoken: string, other: Cursor["timetoken"]): boolean {
  return timetoken.length === other.length ? timetoken > other : timetoken.length > other.length;
}

function offer<State, Message>(
  event: RawEvent,
  hits: readonly Hit<State, Message>[],
  { check, onStatus }: DeliveryParts<State, Message>,
): Eventually<void> {
  if (event.type !== "presence") {
    // What messages are is the application's word.
    const message = event.message as Message;
    return tell(hits, { ...event, message });
  }
  if (!("state" in event)) return tell(hits, event);
  const { userId, channel } = event;
  return whenThere<ReadState<State>, void>(check.incoming(event.state), ({ state, error }) => {
    if (error === undefined) return tell(hits, { ...event, state });
    const status: StatusEvent = { type: "invalid-state", channel, userId, error };
    onStatus(status);
    for (const { receiver } of hits) if (!receiver.isLenient) receiver.outlet.status(status);
    tell(
      hits.filter(({ receiver }) => receiver.isLenient),
      { ...event, state: undefined },
    );
  });
}

function tell<State, Message>(
  hits: readonly Hit<State, Message>[],
  event: SubscriptionEvent<State, Message>,
): void {
  for (const { receiver, subscription } of hits) receiver.outlet.deliver({ ...event, subscription });
}
