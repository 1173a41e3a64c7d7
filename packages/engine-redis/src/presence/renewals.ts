/**
 * Renewals of one turn of the event loop, collected: one script call per partition renews them all, or one for all
 * partitions where there are no slots. It does only the plain case, which nearly every heartbeat is, and tells what was
 * not one.
 */
import { EngineError, type Instant, type SeatRequest } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { type PartitionKeys, seatName } from "../keys.ts";
import { errorCode } from "../redis/errors.ts";
import { loadScriptAlone } from "../scripts.ts";
import { holderOf, timeoutText } from "./leases.ts";
import { listOf, numberOf } from "./reply.ts";

/** Seats one script call renews at most. */
const itemsPerCallMax = 256;

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

/** What one script call will do: items by the seat's name, by partition. */
interface Batch {
  readonly partitions: Map<PartitionKeys, Map<string, Item>>;
  size: number;
  at: Instant;
}

/** Collects renewals. */
export class Renewals {
  readonly #context: EngineContext;
  /** By partition; under `undefined` what goes out in one call wherever it is. */
  readonly #batches = new Map<PartitionKeys | undefined, Batch>();
  #isTogether: boolean;
  #isFlushDue = false;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#isTogether = context.port.takesAnyTags === true;
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
    const lane = this.#isTogether ? undefined : partition;
    const batch = this.#batchOf(lane, at);
    let items = batch.partitions.get(partition);
    const known = items?.get(item.seat);
    if (known?.want === item.want) {
      known.renewals.push(...item.renewals);
      return;
    }
    if (known !== undefined || batch.size >= itemsPerCallMax) {
      // Two leases of one seat are two steps: the script reads all seats of a partition before it writes any.
      this.#send(lane, batch);
      this.#add(partition, item, at);
      return;
    }
    if (items === undefined) {
      items = new Map();
      batch.partitions.set(partition, items);
    }
    items.set(item.seat, item);
    batch.size += 1;
  }

  #batchOf(lane: PartitionKeys | undefined, at: Instant): Batch {
    let batch = this.#batches.get(lane);
    if (batch === undefined) {
      batch = { partitions: new Map(), size: 0, at };
      this.#batches.set(lane, batch);
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
      for (const [lane, batch] of this.#batches) this.#send(lane, batch);
    });
  }

  #send(lane: PartitionKeys | undefined, batch: Batch): void {
    this.#batches.delete(lane);
    this.#call(batch).catch((error: unknown) => {
      if (batch.partitions.size > 1 && isAboutSlots(error)) this.#sendApart(batch);
      else for (const item of itemsOf(batch)) for (const renewal of item.renewals) renewal.fail(error);
    });
  }

  async #call({ partitions, at }: Batch): Promise<void> {
    const keys: string[] = [];
    const counts: string[] = [];
    const wants: string[] = [];
    const items: Item[] = [];
    for (const [partition, own] of partitions) {
      keys.push(partition.seats);
      counts.push(own.size.toString());
      for (const item of own.values()) {
        items.push(item);
        wants.push(item.seat, item.want);
      }
    }
    const reply = await this.#context.port.run(script, keys, [at.toString(), ...counts, ...wants]);
    settleAll(items, reply === null ? [] : listOf(reply).map(numberOf));
  }

  /** There are slots after all, behind a proxy: nothing was done, and from now on each partition gets calls of its own. */
  #sendApart({ partitions, at }: Batch): void {
    this.#isTogether = false;
    for (const [partition, items] of partitions) {
      this.#send(partition, { partitions: new Map([[partition, items]]), size: items.size, at });
    }
  }
}

function itemsOf({ partitions }: Batch): readonly Item[] {
  return [...partitions.values()].flatMap((items) => [...items.values()]);
}

function isAboutSlots(error: unknown): boolean {
  return error instanceof EngineError && errorCode(error.cause) === "CROSSSLOT";
}

function settleAll(items: readonly Item[], failed: readonly number[]): void {
  for (const index of failed) {
    const item = items[index - 1];
    for (const renewal of item?.renewals ?? []) if (item !== undefined) renewal.failed.push(item.channel);
  }
  for (const item of items) for (const renewal of item.renewals) renewal.settle();
}
