/** A subscriber that polls on and on, also over restarts of its server, and keeps everything it is told. */

import type { Sent } from "./http.ts";
import { type Item, poll, readDelivery } from "./service.ts";
import { until } from "./until.ts";

/** A subscriber at work. */
export interface Follower extends Disposable {
  /** Everything delivered so far, in the order of delivery. */
  readonly items: readonly Item[];
  /** Where it will poll from next. */
  cursor(): string;
  /** How often it found nobody listening, or lost its connection. */
  failures(): number;
  /** Waits until an item is as asked for, and gives it. */
  saw(what: string, matches: (item: Item) => boolean, withinMs?: number): Promise<Item>;
}

const againAfterMs = 20;

/** Starts to follow from a cursor. The port stays the same over restarts; a function gives each poll's. */
export function follow(
  place: number | (() => number),
  channels: string,
  user: string,
  from: string,
): Follower {
  const port = typeof place === "number" ? () => place : place;
  const items: Item[] = [];
  let cursor = from;
  let failures = 0;
  let isStopped = false;
  let sent: Sent | undefined;

  const run = async (): Promise<void> => {
    while (!isStopped) {
      try {
        sent = poll(port(), channels, user, cursor);
        const { status, text } = await sent.reply;
        if (status !== 200) throw new Error(`A poll was answered ${status}: ${text}`);
        const delivery = readDelivery(text);
        items.push(...delivery.items);
        cursor = delivery.cursor;
      } catch {
        failures++;
        await new Promise((resolve) => setTimeout(resolve, againAfterMs));
      }
    }
  };
  void run();
  return {
    items,
    cursor: () => cursor,
    failures: () => failures,
    saw: (what, matches, withinMs) => until(what, () => items.find(matches), withinMs),
    [Symbol.dispose]: () => {
      isStopped = true;
      sent?.drop();
    },
  };
}
