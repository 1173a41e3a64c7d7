/**
 * Ends overdue seats, in the order of deadlines over all partitions. A partition is asked when something may be due by
 * what this node knows of it (its own touches, and the last answer), and every second at least: other nodes take seats too.
 */
import { type Change, type Instant, logRetentionMs } from "@hereabouts/core";
import {
  type Channel,
  parseTimetoken,
  type SubscribeKey,
  type Timetoken,
  type UserId,
} from "@hereabouts/protocol";
import type { PartitionKeys } from "../keys.ts";
import { loadScript } from "../scripts.ts";
import type { Partitions } from "./partitions.ts";
import { boundOf, listOf, numberOf, optionalTextOf, textOf } from "./reply.ts";
import type { UserIndex } from "./user-index.ts";

const askEveryMs = 1_000;
const askIdleEveryMs = 2_000;
const channelsPerLookMax = 64;
const seatsPerLookMax = 500;
const seatsPerCallMax = 100;
/** After so many rounds a sweep leaves the rest to the next. */
const roundsMax = 64;

const scripts = {
  peek: loadScript("peek", "seats"),
  settle: loadScript("settle", "seats"),
  sweep: loadScript("sweep", "seats"),
};

/** What a sweeper works with. */
export interface SweeperOptions {
  readonly partitions: Partitions;
  readonly index: UserIndex;
  /** Told of the newest entry of every partition that was asked, so that a missed wake-up is found. */
  readonly onTip: (partition: PartitionKeys, tip: Timetoken) => void;
}

/** What a node knows of a partition. */
interface Knowledge {
  askedAt: Instant;
  /** Nothing is due before, but for what other nodes did since. */
  nextDue: Instant;
  /** Whether nobody sat there when it was asked. */
  isIdle: boolean;
}

/** A seat that is overdue. */
interface OverdueSeat {
  readonly deadline: Instant;
  readonly look: Look;
  /** Which of the look's channels, from 0. */
  readonly place: number;
  readonly user: UserId;
}

/** One partition, looked at. */
interface Look {
  readonly partition: PartitionKeys;
  readonly channels: readonly Channel[];
  /** Bounds of these channels' earliest deadlines. */
  readonly bounds: Instant[];
  /** The bound of the other channels. */
  readonly nextBound: Instant;
  /** Overdue seats that are not told end then or later. */
  readonly frontier: Instant;
  readonly overdue: OverdueSeat[];
}

/** Ends what is due. */
export class Sweeper {
  readonly #partitions: Partitions;
  readonly #index: UserIndex;
  readonly #onTip: SweeperOptions["onTip"];
  readonly #knowledge = new WeakMap<PartitionKeys, Knowledge>();
  readonly #sweeping = new Map<SubscribeKey, Promise<unknown>>();

  constructor({ partitions, index, onTip }: SweeperOptions) {
    this.#partitions = partitions;
    this.#index = index;
    this.#onTip = onTip;
  }

  /** Notes that a deadline is new in a partition. */
  expect(partition: PartitionKeys, deadline: Instant): void {
    const known = this.#knowledge.get(partition);
    if (known !== undefined && deadline < known.nextDue) known.nextDue = deadline;
  }

  /** Ends at most `limit` seats, the earliest first. Sweeps of one keyset follow each other. */
  sweep(keyset: SubscribeKey, at: Instant, limit: number): Promise<readonly Change[]> {
    const former = this.#sweeping.get(keyset) ?? Promise.resolve();
    const sweeping = former.then(
      () => this.#sweep(keyset, at, limit),
      () => this.#sweep(keyset, at, limit),
    );
    this.#sweeping.set(keyset, sweeping);
    const forget = (): void => {
      if (this.#sweeping.get(keyset) === sweeping) this.#sweeping.delete(keyset);
    };
    sweeping.then(forget, forget);
    return sweeping;
  }

  async #sweep(keyset: SubscribeKey, at: Instant, limit: number): Promise<readonly Change[]> {
    const changes: Change[] = [];
    let asked = this.#partitions.context.keys.partitionsOf(keyset).filter((each) => this.#isToAsk(each, at));
    for (let round = 0; round < roundsMax && asked.length > 0 && changes.length < limit; round++) {
      const looks = await Promise.all(asked.map((partition) => this.#look(partition, at)));
      const certainUntil = Math.min(...looks.map((look) => Math.min(look.frontier, look.nextBound)));
      const ready = looks
        .flatMap((look) => look.overdue)
        .filter((seat) => seat.deadline <= certainUntil)
        .sort((one, other) => one.deadline - other.deadline)
        .slice(0, limit - changes.length);
      changes.push(...(await this.#end(keyset, ready, at)));
      for (const look of looks) this.#learn(look);
      asked = looks.map((look) => look.partition).filter((each) => this.#isDue(each, at));
    }
    return changes.sort((one, other) => one.at - other.at);
  }

  #isToAsk(partition: PartitionKeys, at: Instant): boolean {
    const known = this.#knowledge.get(partition);
    if (known === undefined || known.nextDue <= at) return true;
    return at - known.askedAt >= (known.isIdle ? askIdleEveryMs : askEveryMs);
  }

  #isDue(partition: PartitionKeys, at: Instant): boolean {
    return (this.#knowledge.get(partition)?.nextDue ?? at) <= at;
  }

  async #look(partition: PartitionKeys, at: Instant): Promise<Look> {
    // What is expected from here on is not in the answer, perhaps.
    this.#knowledge.set(partition, { askedAt: at, nextDue: Number.POSITIVE_INFINITY, isIdle: false });
    try {
      return await this.#ask(partition, at);
    } catch (error) {
      this.#knowledge.delete(partition);
      throw error;
    }
  }

  async #ask(partition: PartitionKeys, at: Instant): Promise<Look> {
    const keys = [partition.meta, partition.log, partition.due];
    const args = [channelsPerLookMax.toString(), logRetentionMs.toString()];
    const [tip, next, told] = listOf(await this.#partitions.look(scripts.peek, keys, { at, args }));
    const tipText = optionalTextOf(tip);
    if (tipText !== undefined) this.#onTip(partition, parseTimetoken(tipText) ?? 0n);
    const channels = listOf(told).map((channel) => textOf(channel) as Channel);
    const look = { partition, channels, nextBound: boundOf(next) };
    if (channels.length > 0) return this.#settle(look, at);
    const known = this.#knowledge.get(partition);
    if (known !== undefined) known.isIdle = look.nextBound === Number.POSITIVE_INFINITY;
    return { ...look, bounds: [], frontier: Number.POSITIVE_INFINITY, overdue: [] };
  }

  async #settle(look: Pick<Look, "partition" | "channels" | "nextBound">, at: Instant): Promise<Look> {
    const { partition, channels } = look;
    const keys = [partition.meta, partition.due];
    for (const channel of channels) keys.push(partition.seats(channel), partition.deadlines(channel));
    const args = [seatsPerLookMax.toString(), "0", ...channels];
    const reply = await this.#partitions.look(scripts.settle, keys, { at, args });
    const [frontier, seats, , bounds] = listOf(reply);
    const overdue: OverdueSeat[] = [];
    const whole: Look = {
      ...look,
      bounds: listOf(bounds).map(boundOf),
      frontier: boundOf(frontier),
      overdue,
    };
    const fields = listOf(seats);
    for (let index = 0; index < fields.length; index += 3) {
      const [deadline, place] = [numberOf(fields[index]), numberOf(fields[index + 1]) - 1];
      overdue.push({ deadline, look: whole, place, user: textOf(fields[index + 2]) as UserId });
    }
    return whole;
  }

  /** Ends seats, which are in order, each partition's by itself. */
  async #end(keyset: SubscribeKey, seats: readonly OverdueSeat[], at: Instant): Promise<readonly Change[]> {
    const byLook = new Map<Look, OverdueSeat[]>();
    for (const seat of seats) {
      const known = byLook.get(seat.look);
      if (known === undefined) byLook.set(seat.look, [seat]);
      else known.push(seat);
    }
    const ended = await Promise.all(
      [...byLook].map(([look, ofLook]) => this.#endIn(keyset, { look, seats: ofLook }, at)),
    );
    return ended.flat();
  }

  async #endIn(
    keyset: SubscribeKey,
    { look, seats }: { readonly look: Look; readonly seats: readonly OverdueSeat[] },
    at: Instant,
  ): Promise<readonly Change[]> {
    const changes: Change[] = [];
    for (let from = 0; from < seats.length; from += seatsPerCallMax) {
      const piece = seats.slice(from, from + seatsPerCallMax);
      const places = [...new Set(piece.map((seat) => seat.place))];
      const channels = places.map((place) => look.channels[place] ?? ("" as Channel));
      const numbers = new Map(places.map((place, index) => [place, index + 1]));
      const named = piece.flatMap((seat) => [`${numbers.get(seat.place)}`, seat.user]);
      const args = [channels.length.toString(), ...channels, ...named];
      const reply = await this.#partitions.change(
        scripts.sweep,
        { partition: look.partition, channels, most: piece.length },
        { at, args },
      );
      changes.push(...reply.changes);
      this.#index.remove(keyset, reply.ended);
      const bounds = listOf(reply.rest[0]).map(boundOf);
      for (const [index, place] of places.entries())
        look.bounds[place] = bounds[index] ?? Number.POSITIVE_INFINITY;
    }
    return changes;
  }

  #learn(look: Look): void {
    this.expect(look.partition, Math.min(look.nextBound, look.frontier, ...look.bounds));
  }
}
