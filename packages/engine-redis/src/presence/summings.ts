/** Which channels are summed up when, as the scripts are told it, and what this node knows of when summaries are due. */
import type { Change, Instant, SummingOf } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { PartitionKeys } from "../keys.ts";

/** What a node knows of a partition. */
interface Knowledge {
  readonly askedAt: Instant;
  /** No summary is due before, but for what other nodes did since. */
  nextDue: Instant;
}

const askEveryMs = 1_000;

/** Shared by what makes changes and what sums them up. */
export class Summings {
  #summingOf: SummingOf | undefined;
  readonly #knowledge = new WeakMap<PartitionKeys, Knowledge>();

  /** Whether any channel may be summed up. */
  get isGoverned(): boolean {
    return this.#summingOf !== undefined;
  }

  /** Says when channels are summed up, from now on. */
  govern(summingOf: SummingOf): void {
    this.#summingOf = summingOf;
  }

  /** When these channels are summed up, as an argument for scripts (see `lua/seats.lua`). */
  argument(keyset: SubscribeKey, channels: readonly Channel[]): string {
    const summingOf = this.#summingOf;
    if (summingOf === undefined) return "";
    return channels
      .map((channel) => {
        const summing = summingOf(keyset, channel);
        return summing === undefined ? "-" : `${summing.announceMax}/${Math.ceil(summing.everyMs)}`;
      })
      .join(" ");
  }

  /** Takes changes in that a script has made: they may have begun summaries. */
  noteChanges(partition: PartitionKeys, changes: readonly Change[], at: Instant): void {
    for (const { channel, occupancy } of changes) {
      const summing = this.#summingOf?.(partition.keyset, channel);
      if (summing !== undefined && occupancy > summing.announceMax)
        this.expect(partition, at + summing.everyMs);
    }
  }

  /** Notes that a summary is due in a partition. */
  expect(partition: PartitionKeys, due: Instant): void {
    const known = this.#knowledge.get(partition);
    if (known !== undefined && due < known.nextDue) known.nextDue = due;
  }

  /** Whether a partition is to be asked: when something may be due, and every second at least, for other nodes' sake. */
  isToAsk(partition: PartitionKeys, at: Instant): boolean {
    const known = this.#knowledge.get(partition);
    return known === undefined || known.nextDue <= at || at - known.askedAt >= askEveryMs;
  }

  /** Notes that a partition is asked: what is expected from here on is not in the answer, perhaps. */
  ask(partition: PartitionKeys, at: Instant): void {
    this.#knowledge.set(partition, { askedAt: at, nextDue: Number.POSITIVE_INFINITY });
  }

  /** Notes that there was no answer. */
  forget(partition: PartitionKeys): void {
    this.#knowledge.delete(partition);
  }
}
