/** Looks for overdue seats in one partition. */
import { type Instant, logRetentionMs } from "@hereabouts/core";
import { type Channel, parseTimetoken, type Timetoken, type UserId } from "@hereabouts/protocol";
import { type PartitionKeys, readSeatName } from "../keys.ts";
import { loadScript } from "../scripts.ts";
import type { Partitions } from "./partitions.ts";
import { boundOf, listOf, numberOf, optionalTextOf, textOf } from "./reply.ts";

/** Seats that one call looks at. */
const seatsPerLookMax = 500;

const script = loadScript("look", "seats");

/** A seat that is overdue. */
export interface OverdueSeat {
  readonly partition: PartitionKeys;
  readonly deadline: Instant;
  readonly channel: Channel;
  readonly user: UserId;
}

/** A partition as it was found. */
export interface OverdueLook {
  readonly partition: PartitionKeys;
  /** The newest entry of its log, where there is one. */
  readonly tip: Timetoken | undefined;
  /** Overdue seats that are not told end then or later; `Infinity` when all are told. */
  readonly frontier: Instant;
  /** The bound of the earliest deadline, those told included; `Infinity` when there is no seat. */
  readonly bound: Instant;
  readonly overdue: readonly OverdueSeat[];
}

/** Looks at the earliest seats, after the first `skip` overdue ones. */
export async function lookForOverdue(
  partitions: Partitions,
  partition: PartitionKeys,
  { at, skip }: { readonly at: Instant; readonly skip: number },
): Promise<OverdueLook> {
  const keys = [partition.meta, partition.seats, partition.deadlines, partition.log];
  const args = [seatsPerLookMax.toString(), skip.toString(), logRetentionMs.toString()];
  const [tip, frontier, bound, seats] = listOf(await partitions.look(script, keys, { at, args }));
  const fields = listOf(seats);
  const overdue: OverdueSeat[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = readSeatName(textOf(fields[index + 1]));
    overdue.push({ partition, deadline: numberOf(fields[index]), ...name });
  }
  const tipText = optionalTextOf(tip);
  return {
    partition,
    tip: tipText === undefined ? undefined : parseTimetoken(tipText),
    frontier: boundOf(frontier),
    bound: boundOf(bound),
    overdue,
  };
}
