/** From a log's entries to what one subscriber is told: announced, matched, filtered. */
import {
  announce,
  type Instant,
  itemsPerAnswerMax,
  type Keyset,
  type LogEntry,
  type LogPage,
  type Policy,
  type Subscription,
} from "@hereabouts/core";
import { type Delivery, type Filter, type Item, passes, Recent, type Timetoken } from "@hereabouts/protocol";
import { filterInput } from "@hereabouts/protocol/wire";
import type { Context } from "./context.ts";

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

/** Reads on from a cursor until there is something to deliver or nothing left to read; at once where the log answers at once. */
export function collect(
  context: Context,
  interest: Interest,
  after: Timetoken,
  now: Instant,
): Collected | Promise<Collected> {
  let cursor = after;
  for (;;) {
    const { keyset, subscription } = interest;
    const page = context.engine.log.read(
      keyset.subscribeKey,
      subscription.topics,
      cursor,
      itemsPerAnswerMax,
      now,
    );
    if (page instanceof Promise) {
      return page.then(
        (later) => found(context, interest, later) ?? collect(context, interest, later.cursor, now),
      );
    }
    const collected = found(context, interest, page);
    if (collected !== undefined) return collected;
    cursor = page.cursor;
  }
}

/** What a page has for a subscriber; `undefined` when that is nothing and there is more to read. */
function found({ keysets }: Context, interest: Interest, page: LogPage): Collected | undefined {
  const { entries, cursor } = page;
  if (entries.length === 0) return { deliveries: noDeliveries, cursor };
  // As it is now: a change of rules is in force also for those who have waited through it.
  const { policy } = keysets.get(interest.keyset.subscribeKey) ?? interest.keyset;
  const deliveries = deliveriesOf(entries, interest, policy);
  const last = deliveries.at(-1);
  if (last !== undefined) return { deliveries, cursor: last.item.timetoken };
  return entries.length < itemsPerAnswerMax ? { deliveries, cursor } : undefined;
}

function deliveriesOf(entries: readonly LogEntry[], interest: Interest, policy: Policy): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  const items = itemsUnder(policy);
  for (const entry of entries) {
    const item = itemOf(entry, policy, items);
    if (item === undefined) continue;
    const match = interest.subscription.match(item.channel);
    if (match === undefined) continue;
    if (interest.filter !== undefined && !passes(interest.filter, filterInput(item))) continue;
    deliveries.push({ item, match: match.b });
  }
  return deliveries;
}

/** What entries are announced as; `null` when they are not. */
type Items = Recent<LogEntry, Item | null>;

/**
 * An entry is announced once under a policy, however many subscribers read it soon: what they share is encoded once, too. What
 * was announced under a policy that is not in force any more is not used again.
 */
const itemsByPolicy = new WeakMap<Policy, Items>();

function itemsUnder(policy: Policy): Items {
  let items = itemsByPolicy.get(policy);
  if (items === undefined) {
    items = new Recent();
    itemsByPolicy.set(policy, items);
  }
  return items;
}

function itemOf(entry: LogEntry, policy: Policy, items: Items): Item | undefined {
  let item = items.get(entry);
  if (item === undefined) {
    item = announce(entry, policy) ?? null;
    items.set(entry, item);
  }
  return item ?? undefined;
}
