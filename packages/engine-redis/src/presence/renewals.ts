/**
 * Renewals, collected over a turn of the event loop and while the ones before are under way. A lease that this node
 * remembers to last is made later by one command for all of its partition, which finds it only while it is what it was;
 * what is not remembered, or was not found, is renewed by a script, which tells what was no plain renewal. See
 * `lua/seats.lua` for how leases are named.
 */
import { EngineError, type Instant, type SeatRequest } from "@hereabouts/core";
import type { Channel, SubscribeKey } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { type PartitionKeys, plainSeatName, seatName } from "../keys.ts";
import type { Reply } from "../port.ts";
import { errorCode } from "../redis/errors.ts";
import { loadScriptAlone } from "../scripts.ts";
import { holderOf, timeoutText } from "./leases.ts";
import type { Remembered, RememberedLeases } from "./remembered.ts";
import { listOf, numberOf } from "./reply.ts";

/** Seats one call renews at most. */
const itemsPerCallMax = 256;

/**
 * What ends within this time is looked at before it is renewed, in milliseconds: it may have ended and begun anew on a
 * node whose clock is as much behind, and then ends sooner than is remembered.
 */
const marginMs = 1_000;

/**
 * For so many turns of the event loop two or more renewals wait for others. On a busy server each brings some, and what a
 * call costs Redis is shared; on an idle one they are over at once.
 */
const turnsToCollect = 8;

const script = loadScriptAlone("renew");

/** What `renew.lua` tells of an item; anything above is the timeout of a lease for which none was asked for. */
const notRenewed = 0;
const renewedBesideOthers = 1;

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

/** What a request wants of a lease: what it asks for, and as whom. */
interface Want {
  /** Seven digits of milliseconds; empty when none is asked for. */
  readonly timeout: string;
  readonly holder: string;
}

/** A lease to renew, and everybody who asked for it meanwhile. */
interface Item extends Want {
  readonly partition: PartitionKeys;
  readonly channel: Channel;
  readonly seat: string;
  /** What it is remembered by. */
  readonly name: string;
  /** When it was asked for last. */
  at: Instant;
  readonly renewals: Renewal[];
}

/** Where renewals wait for those before them. */
interface Lane {
  items: Map<string, Item>;
  isUnderWay: boolean;
}

/** A lease to make later. */
interface Raise {
  readonly item: Item;
  readonly lease: Remembered;
}

/** Collects renewals. */
export class Renewals {
  readonly #context: EngineContext;
  readonly #leases: RememberedLeases;
  /** By partition; under `undefined` what goes out together wherever it is. */
  readonly #lanes = new Map<PartitionKeys | undefined, Lane>();
  #isTogether: boolean;
  #isFlushDue = false;
  /** Requests since the last flush. */
  #waiting = 0;

  constructor(context: EngineContext, leases: RememberedLeases) {
    this.#context = context;
    this.#leases = leases;
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
    const want = { timeout: timeoutText(request.timeoutSeconds), holder: holderOf(request.device) };
    for (const channel of channels) {
      const partition = this.#context.keys.partition(keyset, channel);
      const seat = seatName(channel, user);
      const name = this.#leases.nameOf(partition, plainSeatName(seat, want.timeout, want.holder));
      const lane = this.#laneOf(this.#isTogether ? undefined : partition);
      const known = lane.items.get(name);
      if (known === undefined) {
        lane.items.set(name, { ...want, partition, channel, seat, name, at, renewals: [renewal] });
      } else {
        known.at = Math.max(known.at, at);
        known.renewals.push(renewal);
      }
    }
    this.#waiting += 1;
    this.#planFlush();
    return renewal.done;
  }

  #laneOf(key: PartitionKeys | undefined): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { items: new Map(), isUnderWay: false };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #planFlush(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#flushIn(turnsToCollect);
  }

  /** Flushes after so many turns; at once when there is nobody whom others could join. */
  #flushIn(turns: number): void {
    this.#context.scheduler.soon(() => {
      if (turns > 1 && this.#waiting > 1) {
        this.#flushIn(turns - 1);
        return;
      }
      this.#isFlushDue = false;
      this.#waiting = 0;
      for (const [key, lane] of this.#lanes) if (!lane.isUnderWay) this.#flush(key, lane);
    });
  }

  /** Sends what waits in a lane, and what comes meanwhile after the answers. */
  #flush(key: PartitionKeys | undefined, lane: Lane): void {
    if (lane.items.size === 0) {
      // Partitions of keysets that went are not kept.
      this.#lanes.delete(key);
      return;
    }
    const { items } = lane;
    lane.items = new Map();
    lane.isUnderWay = true;
    void Promise.all(this.#send([...items.values()])).then(() => {
      lane.isUnderWay = false;
      this.#planFlush();
    });
  }

  /** Sends renewals. Resolves, call by call, when they were answered; what was not found goes on after that. */
  #send(items: readonly Item[]): Promise<void>[] {
    const raises = new Map<PartitionKeys, Raise[]>();
    const others: Item[] = [];
    for (const item of items) {
      const lease = this.#leases.get(item.name);
      const lasts = lease !== undefined && lease.ends > item.at + marginMs;
      // What is not made later is not told from what is not there.
      if (!lasts || item.at + lease.timeoutMs <= lease.ends) others.push(item);
      else {
        const own = raises.get(item.partition);
        if (own === undefined) raises.set(item.partition, [{ item, lease }]);
        else own.push({ item, lease });
      }
    }
    const calls: Promise<void>[] = [];
    for (const [partition, own] of raises) {
      for (const piece of cut(own)) calls.push(this.#raise(partition, piece));
    }
    for (const piece of cut(others)) calls.push(this.#runScript(piece));
    return calls;
  }

  /** Makes leases of one partition later, where they still are. */
  async #raise(partition: PartitionKeys, raises: readonly Raise[]): Promise<void> {
    const members: string[] = [];
    for (const { item, lease } of raises) {
      const timeout = item.timeout === "" ? lease.timeoutMs.toString().padStart(7, "0") : item.timeout;
      members.push(`${item.at + lease.timeoutMs}`, plainSeatName(item.seat, timeout, item.holder));
    }
    const items = raises.map(({ item }) => item);
    let raised: number;
    try {
      raised = numberOf(
        await this.#context.port.send(["ZADD", partition.deadlines, "XX", "GT", "CH", ...members]),
      );
    } catch (error) {
      failAll(items, error);
      return;
    }
    if (raised !== raises.length) {
      void this.#runScript(items);
      return;
    }
    for (const { item, lease } of raises) lease.ends = Math.max(lease.ends, item.at + lease.timeoutMs);
    settleAll(items);
  }

  async #runScript(items: readonly Item[]): Promise<void> {
    const byPartition = new Map<PartitionKeys, Item[]>();
    for (const item of items) {
      const own = byPartition.get(item.partition);
      if (own === undefined) byPartition.set(item.partition, [item]);
      else own.push(item);
    }
    const inOrder = [...byPartition.values()].flat();
    try {
      this.#read(inOrder, listOf(await this.#callScript(byPartition)));
    } catch (error) {
      if (byPartition.size === 1 || !isAboutSlots(error)) {
        failAll(items, error);
        return;
      }
      // There are slots after all, behind a proxy: nothing was done, and from now on each partition has its own calls.
      this.#isTogether = false;
      await Promise.all([...byPartition.values()].map((own) => this.#runScript(own)));
    }
  }

  #callScript(byPartition: ReadonlyMap<PartitionKeys, readonly Item[]>): Promise<Reply> {
    const keys: string[] = [];
    const counts: string[] = [];
    const args: string[] = [];
    for (const [{ seats, deadlines }, own] of byPartition) {
      keys.push(seats, deadlines);
      counts.push(own.length.toString());
      for (const { seat, timeout, holder, at } of own) {
        args.push(seat, timeout + holder, at.toString().padStart(13, "0"));
      }
    }
    return this.#context.port.run(script, keys, [...counts, ...args]);
  }

  /** Remembers what the script renewed, and tells what it did not. */
  #read(items: readonly Item[], told: readonly Reply[]): void {
    const outcomes = new Map<number, number>();
    for (let index = 0; index < told.length; index += 2) {
      outcomes.set(numberOf(told[index]), numberOf(told[index + 1]));
    }
    for (const [index, item] of items.entries()) {
      const outcome = outcomes.get(index + 1) ?? Number(item.timeout);
      if (outcome === notRenewed) for (const renewal of item.renewals) renewal.failed.push(item.channel);
      if (outcome === notRenewed || outcome === renewedBesideOthers) this.#leases.forget(item.name);
      else this.#leases.remember(item.name, { ends: item.at + outcome, timeoutMs: outcome }, item.at);
    }
    settleAll(items);
  }
}

/** Pieces of what one call takes. */
function cut<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  if (values.length === 0) return [];
  if (values.length <= itemsPerCallMax) return [values];
  return Array.from({ length: Math.ceil(values.length / itemsPerCallMax) }, (_, index) =>
    values.slice(index * itemsPerCallMax, (index + 1) * itemsPerCallMax),
  );
}

function isAboutSlots(error: unknown): boolean {
  return error instanceof EngineError && errorCode(error.cause) === "CROSSSLOT";
}

function failAll(items: readonly Item[], error: unknown): void {
  for (const item of items) for (const renewal of item.renewals) renewal.fail(error);
}

function settleAll(items: readonly Item[]): void {
  for (const item of items) for (const renewal of item.renewals) renewal.settle();
}
