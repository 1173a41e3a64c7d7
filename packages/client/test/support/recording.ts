/** Writes down what a subscription or a client tells, in few words. */
import type { Client, StatusEvent, Subscription, SubscriptionEvent } from "../../src/index.ts";

type AnyEvent = SubscriptionEvent<unknown, unknown>;

/** What was told so far. */
export interface Recording {
  readonly events: AnyEvent[];
  readonly statuses: StatusEvent[];
  /** One line for each event: `lobby join alice 1`, `lobby message "hi"`. */
  lines(): readonly string[];
}

/** Records a subscription by its listeners. */
export function record(
  subscription: Subscription<never, unknown> | Subscription<object, unknown>,
): Recording {
  const events: AnyEvent[] = [];
  const statuses: StatusEvent[] = [];
  subscription.onMessage((event) => events.push(event));
  subscription.onPresence((event: AnyEvent) => events.push(event));
  subscription.onStatus((event) => statuses.push(event));
  return { events, statuses, lines: () => events.map(lineOf) };
}

/** The types of what a client's `onStatus` tells. */
export function recordStatuses(client: Pick<Client, "onStatus">): string[] {
  const types: string[] = [];
  client.onStatus((event) => types.push(event.type));
  return types;
}

/** An event in few words. */
export function lineOf(event: AnyEvent): string {
  const via = event.subscription === undefined ? "" : ` by ${event.subscription}`;
  if (event.type !== "presence")
    return `${event.channel} ${event.type} ${JSON.stringify(event.message)}${via}`;
  if (event.action === "interval") return `${event.channel} interval ${event.occupancy}${via}`;
  const state = "state" in event && event.state !== undefined ? ` ${JSON.stringify(event.state)}` : "";
  return `${event.channel} ${event.action} ${event.userId} ${event.occupancy}${state}${via}`;
}
