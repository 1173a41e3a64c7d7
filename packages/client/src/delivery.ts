/** Brings what a poll's answer has to the subscriptions it is for, in order, states checked. */
import type { StatusEvent, SubscriptionEvent } from "./api.ts";
import { decodeItem, type RawEvent } from "./events.ts";
import type { ListeningListener } from "./internal.ts";
import { type Coverage, type Way, waysTo } from "./matching.ts";
import type { StateCheck } from "./state-check.ts";
import type { SubscriptionOutlet } from "./subscription.ts";

/** Who may be told. */
export interface Receiver<State, Message> {
  readonly coverage: Coverage;
  readonly outlet: SubscriptionOutlet<State, Message>;
  /** After which timetoken; `undefined` while it is told of nothing. */
  readonly from: string | undefined;
  /** For a roster: then an event with a state that does not fit is told without it, instead of not at all. */
  readonly listener?: ListeningListener;
}

/** What a delivery goes by. */
export interface DeliveryParts<State, Message> {
  readonly receivers: ReadonlySet<Receiver<State, Message>>;
  readonly check: StateCheck<State>;
  /** Called with every event that somebody is told of, before. */
  onEvent(event: RawEvent): void;
  /** Called for a state that does not fit, besides the receivers. */
  onStatus(event: StatusEvent): void;
}

/** Delivers the items of one answer. Never rejects. Takes its time only where a schema does. */
export async function deliver<State, Message>(
  items: readonly unknown[],
  { receivers, check, onEvent, onStatus }: DeliveryParts<State, Message>,
): Promise<void> {
  for (const raw of items) {
    const item = decodeItem(raw);
    if (!item) continue;
    const { event } = item;
    const ways = waysTo(item.channel, item.by);
    const hits = new Map<Receiver<State, Message>, Way>();
    for (const receiver of receivers) {
      const { coverage, from } = receiver;
      const way = ways.find(({ target }) => coverage.targets.has(target));
      if (way && from && isAfter(event.timetoken, from)) hits.set(receiver, way);
    }
    if (hits.size === 0) continue;
    onEvent(event);
    // A summary has the states of those who are here, and is told without those that do not fit.
    const isSummary = "here" in event;
    const raws = isSummary ? event.here : new Map("state" in event ? [[event.userId, event.state]] : []);
    const states = new Map<string, State | undefined>();
    let refused: StatusEvent | undefined;
    for (const [userId, raw] of raws) {
      const fitting = check.incoming(raw, { channel: event.channel, userId });
      const { state, invalid } = fitting instanceof Promise ? await fitting : fitting;
      states.set(userId, state);
      if (!invalid) continue;
      refused = invalid;
      onStatus(invalid);
    }
    const read = isSummary ? { here: states } : "state" in event && { state: states.get(event.userId) };
    for (const [{ outlet, listener }, { subscription }] of hits) {
      if (refused && !listener) {
        outlet.status(refused);
        if (!isSummary) continue;
      }
      // The states have been checked, and what messages are is the application's word.
      outlet.deliver({ ...event, subscription, ...read } as SubscriptionEvent<State, Message>);
    }
  }
  for (const { outlet, listener } of receivers) {
    outlet.flush();
    listener?.onDelivered();
  }
}

/** Timetokens have as many digits as they need, 20 at most. */
function isAfter(timetoken: string, other: string): boolean {
  return timetoken.padStart(20) > other.padStart(20);
}
