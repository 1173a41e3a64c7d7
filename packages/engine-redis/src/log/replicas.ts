/** The replicas of one node: made when somebody reads or watches a partition, dropped when nobody did for a while. */
import type { Cancel, Instant } from "@hereabouts/core";
import type { SubscribeKey, Timetoken } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import type { PartitionKeys } from "../keys.ts";
import type { LogClock } from "./clock.ts";
import { Replica } from "./replica.ts";

/** A replica that nobody used for so long is dropped. */
export const idleReplicaMs: number = 10 * 60_000;

/** How often idle ones are looked for. */
const tidyEveryMs = 60_000;

/** How long news may be on their way before what they would tell is read instead. */
const newsWithinMs = 50;

/** How long after a failure it is tried again. */
const againAfterMs = 500;

/** What the replicas need. */
export interface ReplicasOptions {
  readonly context: EngineContext;
  readonly clock: LogClock;
  /** Places for entries in one replica. */
  readonly entriesMax: number;
}

/** See the top of the file. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #context: EngineContext;
  /** By keyset, then by partition. */
  readonly #replicas = new Map<SubscribeKey, Map<number, Replica>>();
  /** Those that have failed, or have heard of something that did not come yet. */
  readonly #unwell = new Map<Replica, Cancel>();
  readonly #stopListening: Cancel;
  #stopTidying: Cancel;
  #isClosed = false;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#stopListening = this.#context.port.onGap(() => this.resync());
    this.#stopTidying = this.#tidyLater();
  }

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const ofKeyset of this.#replicas.values()) size += ofKeyset.size;
    return size;
  }

  /** The replica of a partition, made where there is none. */
  follow(partition: PartitionKeys): Replica {
    const { keyset, index } = partition;
    let ofKeyset = this.#replicas.get(keyset);
    if (ofKeyset === undefined) {
      ofKeyset = new Map();
      this.#replicas.set(keyset, ofKeyset);
    }
    let replica = ofKeyset.get(index);
    if (replica === undefined) {
      replica = this.#create(partition);
      ofKeyset.set(index, replica);
    }
    if (replica.partition !== partition) replica.moveTo(partition);
    replica.usedAt = this.#context.scheduler.now();
    return replica;
  }

  /** The replica of a partition, where there is one. */
  find(partition: PartitionKeys): Replica | undefined {
    const replica = this.#replicas.get(partition.keyset)?.get(partition.index);
    return replica?.partition === partition ? replica : undefined;
  }

  /** Tells of the newest entry of a partition, the news of which may be on their way. */
  noteTip(partition: PartitionKeys, tip: Timetoken): void {
    const replica = this.find(partition);
    if (replica === undefined) return;
    replica.hear(tip);
    if (replica.isBehind) this.#mendIn(newsWithinMs, replica);
  }

  /** Lets a keyset's replicas follow the partitions it has now. */
  keysetChanged(keyset: SubscribeKey): void {
    const partitions = this.#context.keys.partitionsOf(keyset);
    for (const [index, replica] of this.#replicas.get(keyset) ?? []) {
      const partition = partitions[index];
      if (partition !== undefined && replica.partition !== partition) replica.moveTo(partition);
    }
  }

  /** Reads on in all of them. */
  resync(): void {
    for (const replica of this.#all()) replica.resync();
  }

  /** Drops all. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#stopTidying();
    for (const cancel of this.#unwell.values()) cancel();
    this.#unwell.clear();
    for (const replica of this.#all()) replica.close();
    this.#replicas.clear();
  }

  *#all(): Iterable<Replica> {
    for (const ofKeyset of this.#replicas.values()) yield* ofKeyset.values();
  }

  #create(partition: PartitionKeys): Replica {
    const { context, clock, entriesMax } = this.#options;
    return new Replica({
      context,
      partition,
      entriesMax,
      onFailure: (replica) => this.#mendIn(againAfterMs, replica),
      onEntry: (timetoken) => clock.note(partition.keyset, timetoken, context.time.latest),
    });
  }

  /** Looks after a replica in a while, once for all reasons there are until then. */
  #mendIn(ms: number, replica: Replica): void {
    if (this.#isClosed || this.#unwell.has(replica)) return;
    const { scheduler } = this.#context;
    const cancel = scheduler.at(scheduler.now() + ms, () => {
      this.#unwell.delete(replica);
      if (ms === newsWithinMs) replica.mend();
      // Only those that are watched have to be in step when nobody reads.
      else if (!replica.isUnwatched) replica.resync();
    });
    this.#unwell.set(replica, cancel);
  }

  #tidyLater(): Cancel {
    const { scheduler } = this.#context;
    return scheduler.at(scheduler.now() + tidyEveryMs, () => {
      this.#tidy(scheduler.now());
      this.#stopTidying = this.#tidyLater();
    });
  }

  #tidy(now: Instant): void {
    for (const [keyset, ofKeyset] of this.#replicas) {
      for (const [index, replica] of ofKeyset) {
        replica.expire();
        if (!replica.isUnwatched || replica.usedAt > now - idleReplicaMs) continue;
        replica.close();
        ofKeyset.delete(index);
      }
      if (ofKeyset.size === 0) this.#replicas.delete(keyset);
    }
  }
}
