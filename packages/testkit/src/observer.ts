/** A subscriber that polls along and remembers all it was sent. */
import type { Cursor, Envelope, RequestExtras, TestClient } from "./client.ts";
import { readDelivered } from "./client.ts";
import type { Names } from "./targets.ts";
import type { HeldPoll } from "./worlds/world.ts";

/** What to observe. */
export interface ObserverOptions extends RequestExtras {
  /** Who observes. Default `observer`. */
  readonly user?: string;
  /** Where to begin instead of with a handshake. */
  readonly from?: Cursor;
}

/** A presence event as an observer notes it: the fields by which events are told apart. */
export interface Noted {
  readonly action: string;
  /** Without `-pnpres`. */
  readonly channel: string;
  readonly user: string | undefined;
  readonly occupancy: number;
}

/** A subscriber that always has a poll out. */
export interface Observer {
  /** The cursor it will poll from next. */
  cursor(): Cursor;
  /** Lets everything come to rest, then gives what has arrived since the last time. */
  collect(): Promise<readonly Envelope[]>;
  /** As `collect`, presence events only, in short. */
  collectEvents(): Promise<readonly Noted[]>;
  /** Drops its poll. */
  stop(): void;
}

/** How many answers in a row are read before an observer gives up: no test has so many items. */
const answersMax = 10_000;

/** Starts to observe. */
export async function observe(
  client: TestClient,
  channels: Names,
  options: ObserverOptions = {},
): Promise<Observer> {
  const { user = "observer", from, ...extras } = options;
  let cursor = from ?? (await client.handshake(user, channels, extras));
  let poll: HeldPoll = await client.poll(user, channels, cursor, extras);

  async function collect(): Promise<readonly Envelope[]> {
    await client.world.advance(0);
    const collected: Envelope[] = [];
    for (let answers = 0; poll.isSettled(); answers += 1) {
      if (answers >= answersMax) throw new Error("An observer is answered again and again without end.");
      const delivered = readDelivered(await poll.reply);
      checkOrder(cursor, delivered.cursor, delivered.items);
      collected.push(...delivered.items);
      cursor = delivered.cursor;
      poll = await client.poll(user, channels, cursor, extras);
    }
    return collected;
  }

  return {
    cursor: () => cursor,
    collect,
    collectEvents: async () => eventsOf(await collect()),
    stop: () => poll.drop(),
  };
}

/** Observes who comes and goes in these channels, as a plain observer of their presence channels. */
export function observePresence(
  client: TestClient,
  channels: Names,
  options: ObserverOptions = {},
): Promise<Observer> {
  const list = typeof channels === "string" ? [channels] : channels;
  return observe(
    client,
    list.map((channel) => `${channel}-pnpres`),
    options,
  );
}

/** The presence events among these items, in short. */
export function eventsOf(items: readonly Envelope[]): readonly Noted[] {
  return items.filter((item) => item.c.endsWith("-pnpres")).map(noted);
}

function noted(item: Envelope): Noted {
  const event = item.d as { readonly action: string; readonly uuid?: string; readonly occupancy: number };
  return {
    action: event.action,
    channel: item.c.slice(0, -"-pnpres".length),
    user: event.uuid,
    occupancy: event.occupancy,
  };
}

/** Every answer an observer gets keeps what cursors promise: items after the old one, none past the new, in order. */
function checkOrder(before: Cursor, after: Cursor, items: readonly Envelope[]): void {
  let last = BigInt(before.t);
  for (const item of items) {
    const timetoken = BigInt(item.p.t);
    if (timetoken <= last) throw new Error(`Item ${item.p.t} came after ${last}.`);
    last = timetoken;
  }
  if (BigInt(after.t) < last) throw new Error(`The new cursor ${after.t} is below ${last}.`);
}
