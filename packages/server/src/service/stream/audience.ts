/**
 * Streams that are told the same: one reads the log for all of them, what there is is written once, and published once
 * however many they are. A stream belongs to an audience from its admission; it follows once it has caught up.
 */
import {
  expandSubscription,
  type Keyset,
  type Members,
  type Subscription,
  type Waker,
  type Watch,
} from "@hereabouts/core";
import {
  type Channel,
  type Delivery,
  type Filter,
  type SubscribeCommand,
  type SubscribeKey,
  type Timetoken,
  zeroTimetoken,
} from "@hereabouts/protocol";
import { encodeDeliveries } from "@hereabouts/protocol/wire";
import { collect, type Interest } from "../collect.ts";
import type { Context } from "../context.ts";
import { type GroupsWatch, watchGroups } from "../groups-watch.ts";
import { membersOf } from "../members.ts";
import { checkEveryBytes } from "./bounds.ts";
import type { Publish } from "./sink.ts";
import type { Stream } from "./stream.ts";

/** What an audience needs of those who keep it. */
export interface Hall {
  readonly context: Context;
  readonly publish: Publish;
  /** Lets an audience look for news at the end of this turn of the event loop. */
  wake(audience: Audience): void;
  /** Renews a stream's seats, because there are more of them. */
  renew(stream: Stream): void;
  /** Forgets an audience that nobody belongs to any more. */
  forget(audience: Audience): void;
}

/** What is asked for, as far as it makes a difference to what is told. */
export type Wish = Pick<
  SubscribeCommand,
  "subscribeKey" | "channels" | "groups" | "filter" | "includeDetails"
>;

/** Streams with equal wishes have equal names. */
export function nameOf({ subscribeKey, channels, groups, filter, includeDetails }: Wish): string {
  const filterText = filter === undefined ? "" : JSON.stringify(filter);
  return `${includeDetails ? 1 : 0}${subscribeKey}\n${channels.join(",")}\n${groups.join(",")}\n${filterText}`;
}

/** Streams that are told the same. */
export class Audience implements Interest, Waker {
  readonly name: string;
  /** What its texts are published on. */
  readonly topic: string;
  readonly wish: Wish;
  /** Whether it is in line to look for news; kept by its hall. */
  isWoken = false;
  /** Up to where everything has been told to those who follow. */
  cursor: Timetoken = 0n;
  /** How often there may have been news. */
  news = 0;
  subscription: Subscription;
  readonly #hall: Hall;
  readonly #keyset: Keyset;
  readonly #members = new Set<Stream>();
  /** Those who have read further than the audience, and follow once it is there, too. */
  #ahead: Stream[] = [];
  /** Those who have read all there is here and still less than the audience was told elsewhere: they wait for news. */
  #behind: Stream[] = [];
  #followers = 0;
  #isLooking = false;
  #mayHaveMissed = false;
  #isRegrouped = false;
  #opening: Promise<void> | undefined = undefined;
  #isOver = false;
  #unchecked = 0;
  #watch: Watch | undefined = undefined;
  #groups: GroupsWatch | undefined = undefined;

  /** See {@link open}. */
  constructor(
    hall: Hall,
    keyset: Keyset,
    wish: Wish,
    { name, topic }: { readonly name: string; readonly topic: string },
  ) {
    this.#hall = hall;
    this.#keyset = keyset;
    this.name = name;
    this.topic = topic;
    this.wish = wish;
    this.subscription = expandSubscription(wish, noMembers);
  }

  /** The keyset as it is now: a change of its policy is in force at once. */
  get keyset(): Keyset {
    return this.#hall.context.keysets.get(this.#keyset.subscribeKey) ?? this.#keyset;
  }

  get subscribeKey(): SubscribeKey {
    return this.#keyset.subscribeKey;
  }

  get filter(): Filter | undefined {
    return this.wish.filter;
  }

  /** Begins to watch; throws when the engine does not let it. */
  open(): void {
    if (this.wish.groups.length === 0) this.#watchTopics();
    else this.#opening = this.#openGroups();
  }

  /** Takes a stream in that does not follow yet, once it is known what is asked for. */
  async admit(stream: Stream): Promise<void> {
    this.#members.add(stream);
    try {
      await this.#opening;
    } catch (error) {
      this.remove(stream);
      throw error;
    }
  }

  /** Lets go of a stream; it does not follow any more. */
  remove(stream: Stream): void {
    this.unfollow(stream);
    this.#members.delete(stream);
    if (this.#members.size > 0) return;
    this.close();
    this.#hall.forget(this);
  }

  /** Ends its watches. */
  close(): void {
    this.#isOver = true;
    this.#watch?.stop();
    this.#groups?.stop();
  }

  /**
   * Lets a stream follow that has read up to `stream.cursor`, now or as soon as the audience is there, too. False when the
   * audience has been told more than the stream: then it has to read on.
   */
  enlist(stream: Stream): boolean {
    if (!this.#isLooking && this.#followers + this.#ahead.length === 0) {
      this.cursor = stream.cursor;
      this.#follow(stream);
    } else if (stream.cursor >= this.cursor) this.#ahead.push(stream);
    else return false;
    // Something may have come since it read.
    this.#hall.wake(this);
    return true;
  }

  /**
   * Lets a stream read again when there is news. For one that found nothing to read and is not let follow: others have
   * come from a node that is ahead of this one, and the audience stands where they do.
   */
  keepWaiting(stream: Stream): void {
    this.#behind.push(stream);
  }

  /** A stream ceases to follow; it goes on reading from `stream.cursor`. */
  unfollow(stream: Stream): void {
    if (stream.isFollowing) {
      stream.isFollowing = false;
      stream.cursor = this.cursor;
      stream.sink?.leave(this.topic);
      this.#followers -= 1;
      return;
    }
    this.#ahead = without(this.#ahead, stream);
    this.#behind = without(this.#behind, stream);
  }

  wake(): void {
    this.news += 1;
    if (this.#followers + this.#ahead.length + this.#behind.length > 0) this.#hall.wake(this);
  }

  /** Tells those who follow what there is. Rejects when the engine could not be asked. */
  async look(): Promise<void> {
    const behind = this.#behind;
    this.#behind = [];
    for (const stream of behind) stream.read();
    if (this.#isLooking) {
      this.#mayHaveMissed = true;
      return;
    }
    this.#isLooking = true;
    try {
      do {
        this.#mayHaveMissed = false;
        if (this.#isRegrouped) await this.#readGroups();
        await this.#tellAll();
      } while (this.#mayHaveMissed && !this.#isOver);
    } finally {
      this.#isLooking = false;
    }
  }

  async #tellAll(): Promise<void> {
    const { context } = this.#hall;
    while (this.#followers + this.#ahead.length > 0) {
      const { deliveries, cursor } = await collect(context, this, this.cursor, context.scheduler.now());
      if (this.#isOver) return;
      if (deliveries.length > 0) this.#tell(deliveries, cursor);
      if (cursor > this.cursor) this.cursor = cursor;
      this.#letFollow();
      if (deliveries.length === 0) return;
    }
  }

  #tell(deliveries: readonly Delivery[], cursor: Timetoken): void {
    if (this.#followers > 0) {
      const text = encodeDeliveries(this.wish, { deliveries, cursor });
      this.#hall.publish(this.topic, text);
      this.#unchecked += text.length;
    }
    // One that lets too much wait is closed by it, and gone from the list.
    for (const stream of [...this.#ahead]) stream.tellAfter(deliveries, cursor);
    if (this.#unchecked >= checkEveryBytes) this.#findSlow(cursor);
  }

  /** Those who read slowly go on from here once they have caught up. */
  #findSlow(cursor: Timetoken): void {
    this.#unchecked = 0;
    this.cursor = cursor;
    for (const stream of this.#members) if (stream.isFollowing) stream.checkSpeed();
  }

  #letFollow(): void {
    if (this.#ahead.length === 0) return;
    const ahead = this.#ahead;
    this.#ahead = [];
    for (const stream of ahead) {
      if (stream.cursor <= this.cursor) this.#follow(stream);
      else this.#ahead.push(stream);
    }
  }

  #follow(stream: Stream): void {
    stream.isFollowing = true;
    // From now on the audience's counts, and a cursor of its own is not kept.
    stream.cursor = zeroTimetoken;
    stream.sink?.join(this.topic);
    this.#followers += 1;
  }

  /** Groups are watched from before they are read. */
  async #openGroups(): Promise<void> {
    const { context } = this.#hall;
    const { groups } = this.wish;
    const watch = watchGroups(context.engine.groups, this.subscribeKey, groups);
    this.#groups = watch;
    this.subscription = expandSubscription(this.wish, await membersOf(context, this.subscribeKey, groups));
    this.#opening = undefined;
    if (this.#isOver) return;
    this.#watchTopics();
    watch.onChange({ release: () => this.#regroup() });
  }

  #watchTopics(): void {
    const { engine } = this.#hall.context;
    const before = this.#watch;
    this.#watch = engine.log.watch(this.subscribeKey, this.subscription.topics, this);
    before?.stop();
  }

  #regroup(): void {
    this.#isRegrouped = true;
    this.#hall.wake(this);
  }

  /** What the groups hold now. Seats in channels that came are taken at once; those in channels that went run out. */
  async #readGroups(): Promise<void> {
    const members = await membersOf(this.#hall.context, this.subscribeKey, this.wish.groups);
    if (this.#isOver) return;
    this.#isRegrouped = false;
    const present = expandSubscription(this.wish, members);
    if (isSame(present.topics, this.subscription.topics)) return;
    const seated = new Set(this.subscription.seats);
    const hasMoreSeats = present.seats.some((channel) => !seated.has(channel));
    const { connections } = this.#hall.context;
    for (const stream of this.#members) connections.remove(stream);
    this.subscription = present;
    for (const stream of this.#members) connections.addStream(stream);
    this.#watchTopics();
    if (hasMoreSeats) for (const stream of this.#members) this.#hall.renew(stream);
  }
}

/** The same list where the stream is not in it: most often there is none. */
function without(streams: Stream[], stream: Stream): Stream[] {
  return streams.includes(stream) ? streams.filter((each) => each !== stream) : streams;
}

const noMembers: Members = new Map();

function isSame(left: readonly Channel[], right: readonly Channel[]): boolean {
  return left.length === right.length && left.every((channel, index) => channel === right[index]);
}
