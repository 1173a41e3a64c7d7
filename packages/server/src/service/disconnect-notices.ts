/**
 * Tells the other nodes which leases a closed connection has put in grace: where another connection of the same lease is
 * open, its node renews it. Clients that change their subscription close one poll and open the next, and a balancer may
 * send that to another node, which may well have renewed the seats before this one hears of the close.
 *
 * The notices go through the keyset's log, on a channel that no client can name.
 */
import type { EventLog, Instant, Publication, Scheduler, Waker, Watch } from "@hereabouts/core";
import type { Channel, DeviceId, JsonText, SubscribeKey, Timetoken, UserId } from "@hereabouts/protocol";
import type { Log } from "../log.ts";
import type { KnownKeysets, Lease } from "./connections.ts";

/** What a node does about a notice: renews what it has connections for. Rejects when the engine cannot. */
export type OnNotice = (keyset: SubscribeKey, lease: Lease, channels: readonly Channel[]) => Promise<void>;

/** What notices go through. */
export interface DisconnectNoticesOptions {
  readonly eventLog: EventLog;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly onNotice: OnNotice;
}

/** A name with a comma is none on the wire. */
const channel = "hereabouts,disconnects" as Channel;

/** For how long notices are collected, in milliseconds: many connections may close at once, and a channel's log is short. */
const collectMs = 20;
/** Channels in one publication; a notice with more of them becomes several. */
const channelsPerPublicationMax = 1_000;
const entriesPerRead = 100;

type Notice = readonly [user: UserId, device: DeviceId | null, channels: readonly Channel[]];

/** One node's part in it. */
export class DisconnectNotices implements KnownKeysets {
  readonly #options: DisconnectNoticesOptions;
  readonly #pending: Map<SubscribeKey, Notice[]> = new Map();
  readonly #readers: Map<SubscribeKey, Reader> = new Map();
  #isClosed = false;

  constructor(options: DisconnectNoticesOptions) {
    this.#options = options;
  }

  /** Tells the other nodes soon that a lease has been put in grace. */
  tell(keyset: SubscribeKey, { user, device }: Lease, channels: readonly Channel[]): void {
    if (this.#isClosed) return;
    if (this.#pending.size === 0) {
      const { scheduler } = this.#options;
      scheduler.at(scheduler.now() + collectMs, () => this.#flush());
    }
    const notices = this.#pending.get(keyset) ?? [];
    this.#pending.set(keyset, notices);
    for (let from = 0; from < channels.length; from += channelsPerPublicationMax) {
      notices.push([user, device ?? null, channels.slice(from, from + channelsPerPublicationMax)]);
    }
  }

  /** Hears from now on what other nodes tell of a keyset. */
  follow(keyset: SubscribeKey): void {
    if (this.#isClosed || this.#readers.has(keyset)) return;
    const reader = new Reader(keyset, this.#options);
    this.#readers.set(keyset, reader);
    reader.begin();
  }

  /** Hears no more of a keyset. */
  unfollow(keyset: SubscribeKey): void {
    this.#readers.get(keyset)?.stop();
    this.#readers.delete(keyset);
  }

  /** Tells what is left to tell, and hears and tells nothing more. */
  close(): void {
    this.#flush();
    this.#isClosed = true;
    for (const keyset of [...this.#readers.keys()]) this.unfollow(keyset);
  }

  #flush(): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    const { eventLog, scheduler, log } = this.#options;
    for (const [keyset, notices] of pending) {
      eventLog.append(keyset, publicationsOf(notices), scheduler.now()).catch((error: unknown) => {
        log.warn("Other nodes could not be told of closed connections.", { err: error });
      });
    }
  }
}

/** Reads what is told of one keyset. */
class Reader implements Waker {
  readonly #keyset: SubscribeKey;
  readonly #options: DisconnectNoticesOptions;
  #watch: Watch | undefined;
  #cursor: Timetoken | undefined;
  #isReading = false;
  #hasNews = false;
  #isStopped = false;

  constructor(keyset: SubscribeKey, options: DisconnectNoticesOptions) {
    this.#keyset = keyset;
    this.#options = options;
  }

  begin(): void {
    this.#watch = this.#options.eventLog.watch(this.#keyset, [channel], this);
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#watch?.stop();
  }

  wake(): void {
    this.#hasNews = true;
    if (this.#isReading || this.#isStopped) return;
    this.#isReading = true;
    this.#read().then(
      () => {
        this.#isReading = false;
      },
      (error: unknown) => {
        this.#isReading = false;
        this.#options.log.warn("What other nodes tell of closed connections could not be heard.", {
          err: error,
        });
      },
    );
  }

  async #read(): Promise<void> {
    const { eventLog, scheduler } = this.#options;
    while (this.#hasNews && !this.#isStopped) {
      this.#hasNews = false;
      const now = scheduler.now();
      this.#cursor ??= await eventLog.position(this.#keyset, [channel], now);
      await this.#readOn(this.#cursor, now);
    }
  }

  async #readOn(from: Timetoken, now: Instant): Promise<void> {
    const { entries, cursor } = await this.#options.eventLog.read(
      this.#keyset,
      [channel],
      from,
      entriesPerRead,
      now,
    );
    this.#cursor = cursor;
    if (entries.length >= entriesPerRead) this.#hasNews = true;
    for (const entry of entries) {
      if (entry.kind !== "publication") continue;
      for (const [user, device, channels] of noticesOf(entry.publication.payload)) {
        await this.#options.onNotice(this.#keyset, { user, device: device ?? undefined }, channels);
      }
    }
  }
}

function publicationsOf(notices: readonly Notice[]): readonly Publication[] {
  const parts: Notice[][] = [];
  let room = 0;
  for (const notice of notices) {
    const size = notice[2].length;
    const part = parts.at(-1);
    if (part === undefined || room < size) {
      parts.push([notice]);
      room = channelsPerPublicationMax - size;
    } else {
      part.push(notice);
      room -= size;
    }
  }
  return parts.map((part) => ({
    kind: "message",
    channel,
    publisher: undefined,
    payload: JSON.stringify(part) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 0,
    origin: undefined,
  }));
}

/** What a payload says. A node of another version may say it otherwise: that is nothing, then. */
function noticesOf(payload: JsonText): readonly Notice[] {
  const parsed: unknown = JSON.parse(payload);
  return Array.isArray(parsed) ? parsed.filter(isNotice) : [];
}

function isNotice(value: unknown): value is Notice {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [user, device, channels] = value as readonly unknown[];
  const isLease = typeof user === "string" && (device === null || typeof device === "string");
  return isLease && Array.isArray(channels) && channels.every((name) => typeof name === "string");
}
