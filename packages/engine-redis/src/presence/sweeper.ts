/**
 * Ends overdue seats, in the order of deadlines over all partitions. A partition is asked when something may be due by
 * what this node knows of it (its own touches, and the last answer), and every second at least: other nodes take seats too.
 */
import type { Change, Instant } from "@hereabouts/core";
import type { SubscribeKey, Timetoken } from "@hereabouts/protocol";
import type { PartitionKeys } from "../keys.ts";
import { loadScript } from "../scripts.ts";
import { lookForOverdue, type OverdueLook, type OverdueSeat } from "./overdue.ts";
import type { Partitions } from "./partitions.ts";
import { boundOf } from "./reply.ts";
import type { UserIndex } from "./user-index.ts";

const askEveryMs = 1_000;
const askIdleEveryMs = 2_000;
const seatsPerCallMax = 100;
/** After so many rounds a sweep leaves the rest to the next. */
const roundsMax = 64;

const script = loadScript("sweep", "summaries", "seats");

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
      const certainUntil = Math.min(...looks.map((look) => look.frontier));
      const ready = looks
        .flatMap((look) => look.overdue)
        .filter((seat) => seat.deadline <= certainUntil)
        .sort((one, other) => one.deadline - other.deadline)
        .slice(0, limit - changes.length);
      changes.push(...(await this.#end(keyset, ready, { at, looks })));
      asked = asked.filter((each) => this.#isDue(each, at));
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

  async #look(partition: PartitionKeys, at: Instant): Promise<OverdueLook> {
    // What is expected from here on is not in the answer, perhaps.
    const known: Knowledge = { askedAt: at, nextDue: Number.POSITIVE_INFINITY, isIdle: false };
    this.#knowledge.set(partition, known);
    try {
      const look = await lookForOverdue(this.#partitions, partition, { at, skip: 0 });
      known.isIdle = look.bound === Number.POSITIVE_INFINITY;
      if (look.tip !== undefined) this.#onTip(partition, look.tip);
      return look;
    } catch (error) {
      this.#knowledge.delete(partition);
      throw error;
    }
  }

  /** Ends seats, which are in order, each partition's by itself, and learns what is left there. */
  async #end(
    keyset: SubscribeKey,
    seats: readonly OverdueSeat[],
    { at, looks }: { readonly at: Instant; readonly looks: readonly OverdueLook[] },
  ): Promise<readonly Change[]> {
    const bounds = new Map(looks.map((look) => [look.partition, look.bound]));
    const byPartition = new Map<PartitionKeys, OverdueSeat[]>();
    for (const seat of seats) {
      const known = byPartition.get(seat.partition);
      if (known === undefined) byPartition.set(seat.partition, [seat]);
      else known.push(seat);
    }
    try {
      const pieces = [...byPartition].map(async ([partition, own]) => {
        const ended = await this.#endIn(keyset, own, at);
        bounds.set(partition, ended.bound);
        return ended.changes;
      });
      return (await Promise.all(pieces)).flat();
    } finally {
      for (const [partition, bound] of bounds) this.expect(partition, bound);
    }
  }

  async #endIn(
    keyset: SubscribeKey,
    seats: readonly OverdueSeat[],
    at: Instant,
  ): Promise<{ readonly changes: readonly Change[]; readonly bound: Instant }> {
    const changes: Change[] = [];
    let bound = at;
    for (let from = 0; from < seats.length; from += seatsPerCallMax) {
      const piece = seats.slice(from, from + seatsPerCallMax);
      const [partition] = piece.map((seat) => seat.partition);
      if (partition === undefined) break;
      const channels = [...new Set(piece.map((seat) => seat.channel))];
      const numbers = new Map(channels.map((channel, index) => [channel, index + 1]));
      const named = piece.flatMap((seat) => [`${numbers.get(seat.channel)}`, seat.user]);
      const call = { at, args: [channels.length.toString(), ...channels, ...named] };
      const reply = await this.#partitions.change(script, { partition, channels, most: piece.length }, call);
      changes.push(...reply.changes);
      this.#index.remove(keyset, reply.ended);
      bound = boundOf(reply.rest[0]);
    }
    return { changes, bound };
  }
}
