/** From a log's entries to what one subscriber is told: announced, matched, filtered. */
import {
  announce,
  type EventLog,
  type Instant,
  itemsPerAnswerMax,
  type Keyset,
  type LogEntry,
  type Subscription,
} from "@hereabouts/core";
import { type Delivery, type Filter, type Item, passes, type Timetoken } from "@hereabouts/protocol";
import { filterInput } from "@hereabouts/protocol/wire";

/** What a subscriber asked for. */
export interface Interest {
  readonly keyset: Keyset;
  readonly subscription: Subscription;
  readonly filter: Filter | undefined;
}

/** What there is for a subscriber: deliveries, or none and where to look on. */
export interface Collected {
  readonly deliveries: readonly Delivery[];
  /** The last delivery's timetoken, or a position up to which there is nothing for this subscriber. */
  readonly cursor: Timetoken;
}

const noDeliveries: readonly Delivery[] = [];

/** Reads on from a cursor until there is something to deliver or nothing left to read. */
export async function collect(
  log: EventLog,
  interest: Interest,
  after: Timetoken,
  now: Instant,
): Promise<Collected> {
  let cursor = after;
  for (;;) {
    const { subscribeKey } = interest.keyset;
    const page = await log.read(subscribeKey, interest.subscription.topics, cursor, itemsPerAnswerMax, now);
    const deliveries = page.entries.length === 0 ? noDeliveries : deliveriesOf(page.entries, interest);
    const last = deliveries.at(-1);
    if (last !== undefined) return { deliveries, cursor: last.item.timetoken };
    if (page.entries.length < itemsPerAnswerMax) return { deliveries, cursor: page.cursor };
    cursor = page.cursor;
  }
}

function deliveriesOf(entries: readonly LogEntry[], interest: Interest): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  for (const entry of entries) {
    const item = itemOf(entry, interest.keyset);
    if (item === undefined) continue;
    const match = interest.subscription.match(item.channel);
    if (match === undefined) continue;
    if (interest.filter !== undefined && !passes(interest.filter, filterInput(item))) continue;
    deliveries.push({ item, match: match.b });
  }
  return deliveries;
}

/** An entry is announced once, however many subscribers read it: what they share is encoded once, too. */
const items = new WeakMap<LogEntry, Item>();

function itemOf(entry: LogEntry, keyset: Keyset): Item | undefined {
  const known = items.get(entry);
  if (known !== undefined) return known;
  const item = announce(entry, keyset.policy);
  if (item !== undefined) items.set(entry, item);
  return item;
}
