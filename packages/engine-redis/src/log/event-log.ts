/**
 * The log behind its port. Partitions are followed by replicas in memory, one for all readers of this node; reads are
 * answered from them, up to the watermark: the timetoken up to which every partition of the read is complete.
 */
import {
  EngineError,
  type EventLog,
  heldPollsMax,
  type Instant,
  type LogEntry,
  type LogPage,
  logEntriesPerKeysetMax,
  logRetentionMs,
  type Publication,
  type Waker,
  type Watch,
} from "@hereabouts/core";
import { type Channel, type SubscribeKey, type Timetoken, timetokenAt } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { encodePublication } from "../entry.ts";
import { freshEpoch } from "../fresh-epoch.ts";
import type { PartitionKeys } from "../keys.ts";
import { loadScript } from "../scripts.ts";
import { LogClock, reservedEntriesMax } from "./clock.ts";
import type { Replica } from "./replica.ts";
import { Replicas } from "./replicas.ts";
import { type TopicsOfPartition, TopicTable } from "./topics.ts";
import { readAppended } from "./wire.ts";

/** How far in the future a cursor may be and still be taken at its word. */
export const cursorAheadMsMax = 60_000;

/** One partition of a read. */
interface Part {
  readonly replica: Replica;
  readonly topics: readonly Channel[];
}

/** All keysets' entries, as one node sees them. */
export class RedisEventLog implements EventLog {
  /** The order of what this node writes: scripts of other parts that write entries ask it for their place. */
  readonly clock: LogClock;
  readonly #context: EngineContext;
  readonly #replicas: Replicas;
  readonly #topics: TopicTable;
  readonly #entriesMax: number;
  #pendingReads = 0;

  constructor(context: EngineContext) {
    this.#context = context;
    this.clock = new LogClock(context.keys);
    this.#topics = new TopicTable(context.keys);
    this.#entriesMax = Math.ceil(logEntriesPerKeysetMax / context.keys.partitions);
    this.#replicas = new Replicas({ context, entriesMax: this.#entriesMax, clock: this.clock });
  }

  /** See the port. What goes to several partitions is written to all at once, in timetokens of its order. */
  async append(
    keyset: SubscribeKey,
    publications: readonly Publication[],
    now: Instant,
  ): Promise<readonly Timetoken[]> {
    this.#context.gate.pass();
    const at = this.#context.time.enter(now);
    const timetokens: Timetoken[] = new Array<Timetoken>(publications.length).fill(0n);
    const writes: Promise<void>[] = [];
    for (const run of runsOf(publications, ({ channel }) => this.#context.keys.partition(keyset, channel))) {
      const write = async (): Promise<void> => {
        const given = await this.#write(run.partition, publications.slice(run.from, run.to), at);
        for (const [index, timetoken] of given.entries()) timetokens[run.from + index] = timetoken;
      };
      writes.push(write());
    }
    await Promise.all(writes);
    return timetokens;
  }

  /** See the port. */
  async read(
    keyset: SubscribeKey,
    topics: readonly Channel[],
    after: Timetoken,
    limit: number,
    now: Instant,
  ): Promise<LogPage> {
    this.#context.gate.pass();
    const at = this.#context.time.enter(now);
    const parts = this.#parts(keyset, topics);
    if (after > timetokenAt(at + cursorAheadMsMax) && after > this.#furthest(parts)) {
      return { entries: [], cursor: await this.#present(parts, at) };
    }
    await this.#settle(parts, after);
    const found = collect(parts, after, limit + 1);
    const newest = found[Math.min(limit, found.length) - 1];
    if (newest === undefined) return { entries: [], cursor: greatest(after, watermark(parts)) };
    if (newest.timetoken <= watermark(parts)) return pageOf(found, { after, limit, upTo: watermark(parts) });
    await this.#settle(parts, newest.timetoken);
    return pageOf(collect(parts, after, limit + 1), { after, limit, upTo: watermark(parts) });
  }

  /** See the port. */
  async position(keyset: SubscribeKey, topics: readonly Channel[], now: Instant): Promise<Timetoken> {
    this.#context.gate.pass();
    const at = this.#context.time.enter(now);
    return await this.#present(this.#parts(keyset, topics), at);
  }

  /** See the port. Throws `EngineError` when the engine is closed. */
  watch(keyset: SubscribeKey, topics: readonly Channel[], waker: Waker): Watch {
    this.#context.gate.pass();
    const watches = this.#parts(keyset, topics).map(({ replica, topics: own }) => {
      const watch = replica.watch(own, waker);
      replica.open().catch(nothing);
      return watch;
    });
    const [first, ...others] = watches;
    if (first !== undefined && others.length === 0) return first;
    return {
      stop: () => {
        for (const watch of watches) watch.stop();
      },
    };
  }

  /**
   * Tells of the newest entry of a partition. A read of this node that begins after this call sees it; who watches is
   * woken also when the news of it are lost.
   */
  noteTip(partition: PartitionKeys, tip: Timetoken): void {
    this.clock.note(partition.keyset, tip, this.#context.time.latest);
    this.#replicas.noteTip(partition, tip);
  }

  /** To be called when a keyset's partitions have other keys than before: its entries are forgotten. */
  keysetChanged(keyset: SubscribeKey): void {
    this.clock.forget(keyset);
    this.#replicas.keysetChanged(keyset);
  }

  /** Reads on in one partition, if it is followed. */
  resyncPartition(partition: PartitionKeys): void {
    this.#replicas.find(partition)?.resync();
  }

  /** How many partitions this node follows. */
  get followed(): number {
    return this.#replicas.size;
  }

  /** Lets go of everything. To be called when the gate is shut. */
  close(): void {
    this.#replicas.close();
  }

  async #write(
    partition: PartitionKeys,
    publications: readonly Publication[],
    at: Instant,
  ): Promise<readonly Timetoken[]> {
    const args = [
      String(at),
      freshEpoch(this.#context),
      this.clock.place(partition, at, publications.length),
      String(this.#entriesMax),
      String(logRetentionMs),
      ...publications.map(encodePublication),
    ];
    const keys = [partition.meta, partition.log];
    const { tip, timetokens } = readAppended(await this.#context.port.run(appendScript, keys, args));
    const entries = publications.map((publication, index): LogEntry => {
      return { kind: "publication", timetoken: timetokens[index] ?? 0n, publication };
    });
    const newest = timetokens.at(-1);
    if (newest === undefined) return timetokens;
    this.clock.note(partition.keyset, newest, at);
    this.#replicas.find(partition)?.take(tip, entries, newest);
    return timetokens;
  }

  #parts(keyset: SubscribeKey, topics: readonly Channel[]): readonly Part[] {
    const partitions = this.#context.keys.partitionsOf(keyset);
    return this.#topics.split(topics).map(({ index, topics: own }: TopicsOfPartition): Part => {
      const partition = partitions[index];
      if (partition === undefined) throw new RangeError(`There is no partition ${index}.`);
      return { replica: this.#replicas.follow(partition), topics: own };
    });
  }

  #furthest(parts: readonly Part[]): Timetoken {
    return parts.reduce((most, { replica }) => greatest(most, replica.to), 0n);
  }

  /** Resolves when every part knows everything up to a timetoken. */
  async #settle(parts: readonly Part[], timetoken: Timetoken): Promise<void> {
    const lacking = parts.filter(({ replica }) => replica.lacks(timetoken));
    if (lacking.length === 0) return;
    await this.#pending(() => Promise.all(lacking.map(({ replica }) => replica.reach(timetoken))));
  }

  /** A timetoken with everything that there is in all parts at or below it, and everything to come above. */
  async #present(parts: readonly Part[], at: Instant): Promise<Timetoken> {
    const now = timetokenAt(at);
    await this.#pending(() => Promise.all(parts.map(({ replica }) => replica.refresh(now))));
    const present = greatest(now, this.#furthest(parts));
    await this.#settle(parts, present);
    return present;
  }

  async #pending(wait: () => Promise<unknown>): Promise<void> {
    if (this.#pendingReads >= heldPollsMax) {
      throw new EngineError("unavailable", `${heldPollsMax} reads wait for Redis already.`, {
        cause: undefined,
      });
    }
    this.#pendingReads += 1;
    try {
      await wait();
    } finally {
      this.#pendingReads -= 1;
    }
  }
}

const appendScript = loadScript("append");

/** Neighbours in a list that go to one partition: from the first, up to and without the last. */
interface Run {
  readonly partition: PartitionKeys;
  readonly from: number;
  readonly to: number;
}

/** Cuts a list into runs of one partition each, none too long for one script. */
function runsOf<Item>(items: readonly Item[], partitionOf: (item: Item) => PartitionKeys): readonly Run[] {
  const runs: Run[] = [];
  for (const [index, item] of items.entries()) {
    const partition = partitionOf(item);
    const last = runs.at(-1);
    if (last !== undefined && last.partition === partition && last.to - last.from < reservedEntriesMax) {
      runs[runs.length - 1] = { partition, from: last.from, to: index + 1 };
    } else runs.push({ partition, from: index, to: index + 1 });
  }
  return runs;
}

/** The entries of all parts after a timetoken, oldest first, at most `limit`. A timetoken is in one partition only. */
function collect(parts: readonly Part[], after: Timetoken, limit: number): readonly LogEntry[] {
  let found: readonly LogEntry[] = [];
  let isMixed = false;
  for (const { replica, topics } of parts) {
    const own = replica.read(topics, after, limit);
    if (own.length === 0) continue;
    isMixed ||= found.length > 0;
    found = found.length === 0 ? own : [...found, ...own];
  }
  if (!isMixed) return found;
  return [...found].sort((a, b) => (a.timetoken < b.timetoken ? -1 : 1)).slice(0, limit);
}

/** Up to where all parts are complete. */
function watermark(parts: readonly Part[]): Timetoken {
  let least: Timetoken | undefined;
  for (const { replica } of parts) if (least === undefined || replica.to < least) least = replica.to;
  return least ?? 0n;
}

/** What may be told of entries that were found, oldest first: none above `upTo`, and at most `limit`. */
function pageOf(
  found: readonly LogEntry[],
  { after, limit, upTo }: { readonly after: Timetoken; readonly limit: number; readonly upTo: Timetoken },
): LogPage {
  const sure = found.filter(({ timetoken }) => timetoken <= upTo);
  if (sure.length <= limit) return { entries: sure, cursor: greatest(after, upTo) };
  const entries = sure.slice(0, limit);
  return { entries, cursor: entries.at(-1)?.timetoken ?? after };
}

function greatest(one: Timetoken, other: Timetoken): Timetoken {
  return one > other ? one : other;
}

/** A replica tells of its failures itself. */
function nothing(): void {}
