/**
 * Renewals of one turn of the event loop, collected: one script call per partition renews them all. It does only the
 * plain case, which nearly every heartbeat is, and tells what was not one.
 */
import type { Instant, SeatRequest } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { type PartitionKeys, seatName } from "../keys.ts";
import { loadScriptAlone } from "../scripts.ts";
import { holderOf, timeoutText } from "./leases.ts";
import { listOf, numberOf } from "./reply.ts";

/** Seats one script call renews at most. */
const itemsPerCallMax = 128;

const script = loadScriptAlone("renew");

/** One request's channels, until all have been heard of. */
class Renewal {
  readonly failed: Channel[] = [];
  readonly done: Promise<readonly Channel[]>;
  #outstanding: number;
  #resolve: (failed: readonly Channel[]) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(channels: number) {
    this.#outstanding = channels;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(): void {
    this.#outstanding -= 1;
    if (this.#outstanding === 0) this.#resolve(this.failed);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}

/** A lease to renew, and everybody who asked for it in this turn. */
interface Item {
  readonly channel: Channel;
  readonly seat: string;
  readonly want: string;
  readonly renewals: Renewal[];
}

/** What one script call will do. */
interface Batch {
  readonly partition: PartitionKeys;
  /** By the seat's name. */
  readonly items: Map<string, Item>;
  at: Instant;
}

/** Collects renewals. */
export class Renewals {
  readonly #context: EngineContext;
  readonly #batches = new Map<PartitionKeys, Batch>();
  #isFlushDue = false;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Renews a user's leases in channels. Answers those where it was no plain renewal, and nothing was done. */
  renew(
    keyset: SubscribeKey,
    { request, channels }: { readonly request: SeatRequest; readonly channels: readonly Channel[] },
    at: Instant,
  ): Promise<readonly Channel[]> {
    const renewal = new Renewal(channels.length);
    const { user } = request;
    const want = timeoutText(request.timeoutSeconds) + holderOf(request.device);
    for (const channel of channels) {
      this.#add(
        this.#context.keys.partition(keyset, channel),
        { channel, seat: seatName(channel, user), want, renewals: [renewal] },
        at,
      );
    }
    return renewal.done;
  }

  #add(partition: PartitionKeys, item: Item, at: Instant): void {
    const batch = this.#batchFor(partition, at);
    const known = batch.items.get(item.seat);
    if (known?.want === item.want) {
      known.renewals.push(...item.renewals);
      return;
    }
    if (known !== undefined || batch.items.size >= itemsPerCallMax) {
      // Two leases of one seat are two steps: the script reads all seats before it writes any.
      this.#send(batch);
      this.#add(partition, item, at);
      return;
    }
    batch.items.set(item.seat, item);
  }

  #batchFor(partition: PartitionKeys, at: Instant): Batch {
    let batch = this.#batches.get(partition);
    if (batch === undefined) {
      batch = { partition, items: new Map(), at };
      this.#batches.set(partition, batch);
      this.#planFlush();
    }
    batch.at = at;
    return batch;
  }

  #planFlush(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#context.scheduler.soon(() => {
      this.#isFlushDue = false;
      for (const batch of this.#batches.values()) this.#send(batch);
    });
  }

  #send(batch: Batch): void {
    this.#batches.delete(batch.partition);
    const items = [...batch.items.values()];
    const args = [batch.at.toString()];
    for (const item of items) args.push(item.seat, item.want);
    this.#context.port.run(script, [batch.partition.seats], args).then(
      (reply) => settleAll(items, reply === null ? [] : listOf(reply).map(numberOf)),
      (error: unknown) => {
        for (const item of items) for (const renewal of item.renewals) renewal.fail(error);
      },
    );
  }
}

function settleAll(items: readonly Item[], failed: readonly number[]): void {
  for (const index of failed) {
    const item = items[index - 1];
    for (const renewal of item?.renewals ?? []) if (item !== undefined) renewal.failed.push(item.channel);
  }
  for (const item of items) for (const renewal of item.renewals) renewal.settle();
}
