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
    const wayTo = ({ coverage, from }: Receiver<State, Message>): Way | undefined =>
      from && isAfter(event.timetoken, from)
        ? ways.find(({ target }) => coverage.targets.has(target))
        : undefined;
    const hits = [...receivers].filter(wayTo);
    if (hits.length === 0) continue;
    onEvent(event);
    const fitting = "state" in event ? check.incoming(event.state, event) : { state: undefined };
    const { state, invalid } = fitting instanceof Promise ? await fitting : fitting;
    if (invalid) onStatus(invalid);
    const here = "here" in event ? await fittingStates(event, check, onStatus) : undefined;
    for (const receiver of hits) {
      const { outlet, listener } = receiver;
      if (invalid && !listener) outlet.status(invalid);
      else {
        const { subscription } = wayTo(receiver) ?? {};
        const typed = { ...event, subscription, ...("state" in event && { state }), ...(here && { here }) };
        // The state has been checked, and what messages are is the application's word.
        outlet.deliver(typed as SubscriptionEvent<State, Message>);
      }
    }
  }
  for (const { outlet, listener } of receivers) {
    outlet.flush();
    listener?.onDelivered();
  }
}

/** The states of a summary; one that does not fit is left out. */
async function fittingStates<State>(
  { channel, here }: { readonly channel: string; readonly here: ReadonlyMap<string, unknown> },
  check: StateCheck<State>,
  onStatus: (event: StatusEvent) => void,
): Promise<ReadonlyMap<string, State | undefined>> {
  const states = new Map<string, State | undefined>();
  for (const [userId, raw] of here) {
    const { state, invalid } = await check.incoming(raw, { channel, userId });
    if (invalid) onStatus(invalid);
    states.set(userId, state);
  }
  return states;
}

/** Timetokens have as many digits as they need, 20 at most. */
function isAfter(timetoken: string, other: string): boolean {
  return timetoken.padStart(20) > other.padStart(20);
}
