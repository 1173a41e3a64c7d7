/**
 * A node's copy of one partition's log. It knows everything up to a timetoken, `to`, and that nothing can appear at or
 * below it any more. News that follow on `to` take it further; everything else that happens (the first load, a gap, a
 * fence that a reader needs) is one script that fences the partition and reads on, with at most one call under way.
 */
import {
  EngineError,
  type Instant,
  KeysetLog,
  type LogEntry,
  type Waker,
  type Watch,
} from "@hereabouts/core";
import { type Channel, formatTimetoken, type Timetoken } from "@hereabouts/protocol";
import type { EngineContext } from "../context.ts";
import { freshEpoch } from "../fresh-epoch.ts";
import type { PartitionKeys } from "../keys.ts";
import { loadScript } from "../scripts.ts";
import { type FencePage, readFencePage, readNews } from "./wire.ts";

/** Entries read by one call. */
const entriesPerCall = 1_000;

/** What a replica is made from. */
export interface ReplicaOptions {
  readonly context: EngineContext;
  readonly partition: PartitionKeys;
  readonly entriesMax: number;
  /** Told when the replica could not be opened, or could not read what it lacks. */
  readonly onFailure: (replica: Replica, error: unknown) => void;
  /** Told the newest entry, whenever there is a newer one. */
  readonly onEntry: (timetoken: Timetoken) => void;
}

/** A call of the script, under way or to come. */
interface Flight {
  wanted: Timetoken;
  landed: Promise<void>;
}

/** See the top of the file. */
export class Replica {
  /** When somebody last read or watched: the scheduler's instant. */
  usedAt: Instant;
  /** The partition's keys; others when the keyset was replaced and came back. */
  partition: PartitionKeys;
  readonly #context: EngineContext;
  readonly #options: ReplicaOptions;
  readonly #log: KeysetLog;
  #to: Timetoken = 0n;
  /** The newest entry that is known to exist. */
  #heard: Timetoken = 0n;
  #epoch: string | undefined;
  #isLoaded = false;
  #watches = 0;
  /** Counts the subscriptions: what an earlier one still brings is of no use. */
  #life = 0;
  #opening: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #flight: Flight | undefined;
  #next: Flight | undefined;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#context = options.context;
    this.partition = options.partition;
    this.#log = new KeysetLog(options.entriesMax);
    this.usedAt = this.#context.scheduler.now();
  }

  /** Everything up to here is known, and nothing can appear at or below it any more. */
  get to(): Timetoken {
    return this.#to;
  }

  /** Whether nobody watches. */
  get isUnwatched(): boolean {
    return this.#watches === 0;
  }

  /** Whether it knows less than it has heard of. */
  get isBehind(): boolean {
    return this.#heard > this.#to;
  }

  /** Whether a reader who wants to know everything up to a timetoken has to wait. */
  lacks(timetoken: Timetoken): boolean {
    return !this.#isLoaded || this.#to < timetoken || this.#heard > this.#to;
  }

  /** Resolves when it follows its partition and has read what that retains. */
  open(): Promise<void> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#open().catch((error: unknown) => {
      if (this.#opening === opening) {
        this.#opening = undefined;
        this.#endSubscription();
        this.#options.onFailure(this, error);
      }
      throw error;
    });
    this.#opening = opening;
    return opening;
  }

  /** Resolves when everything up to a timetoken is known: by calls that may have begun already. */
  async reach(timetoken: Timetoken): Promise<void> {
    await this.open();
    if (!this.lacks(timetoken)) return;
    const wanted = timetoken > this.#heard ? timetoken : this.#heard;
    const flight = this.#flight;
    await (flight !== undefined && flight.wanted >= wanted ? flight.landed : this.#fly(wanted));
  }

  /** Resolves when everything is known that there was when it was called, and up to a timetoken. */
  async refresh(timetoken: Timetoken): Promise<void> {
    await this.open();
    await this.#fly(timetoken);
  }

  /** Entries of these topics after a timetoken, oldest first, at most `limit`. */
  read(topics: readonly Channel[], after: Timetoken, limit: number): readonly LogEntry[] {
    return this.#log.read(topics, after, limit, this.#context.time.latest);
  }

  /** Begins a watch. */
  watch(topics: readonly Channel[], waker: Waker): Watch {
    this.#watches += 1;
    const watch = this.#log.watch(topics, waker);
    let isOver = false;
    return {
      stop: () => {
        if (isOver) return;
        isOver = true;
        this.#watches -= 1;
        watch.stop();
      },
    };
  }

  /** Tells of an entry that exists. */
  hear(timetoken: Timetoken): void {
    if (timetoken > this.#heard) this.#heard = timetoken;
  }

  /** Takes entries of which nothing is missing between `previous` and the last of them, which is at `to`. */
  take(previous: Timetoken, entries: readonly LogEntry[] | undefined, to: Timetoken): void {
    this.hear(to);
    if (to <= this.#to) return;
    if (entries !== undefined && previous <= this.#to && this.#isLoaded) this.#append(entries, to);
    // A call that is under way goes on until it has what was heard of.
    else if (this.#flight === undefined) this.mend();
  }

  /** Begins to read what is lacking, if something is. */
  mend(): void {
    if (this.isBehind) inBackground(this.reach(this.#heard));
  }

  /** Begins to read whatever there is: news may have been missed. */
  resync(): void {
    inBackground(this.refresh(0n));
  }

  /** Frees what is too old. */
  expire(): void {
    this.#log.expire(this.#context.time.latest);
  }

  /** Goes over to other keys: what it held is forgotten, who watches goes on watching. */
  moveTo(partition: PartitionKeys): void {
    this.close();
    this.partition = partition;
    if (!this.isUnwatched) inBackground(this.open());
  }

  /** Lets go of the subscription and forgets everything. */
  close(): void {
    this.#endSubscription();
    this.#opening = undefined;
    this.#isLoaded = false;
    this.#to = 0n;
    this.#heard = 0n;
    this.#epoch = undefined;
    this.#log.clear();
  }

  async #open(): Promise<void> {
    const life = this.#life;
    const unsubscribe = await this.#context.port.subscribe(this.partition.news, (text) => {
      if (life === this.#life) this.#onNews(text);
    });
    if (life !== this.#life) {
      unsubscribe();
      throw replaced();
    }
    this.#unsubscribe = unsubscribe;
    await this.#fly(0n);
    if (life !== this.#life) throw replaced();
  }

  #endSubscription(): void {
    this.#life += 1;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#flight = undefined;
    this.#next = undefined;
  }

  #onNews(text: string): void {
    const news = readNews(text, this.#context);
    if (news !== undefined) {
      this.take(news.previous, news.entries, news.to);
      return;
    }
    this.#context.warn(`News of a partition are not understood: ${text.slice(0, 200)}`);
    this.resync();
  }

  /** Calls the script, after the call that is under way; whoever asks meanwhile shares the call to come. */
  #fly(wanted: Timetoken): Promise<void> {
    const waiting = this.#next;
    if (waiting !== undefined) {
      waiting.wanted = greatest(waiting.wanted, wanted);
      return waiting.landed;
    }
    const flight: Flight = { wanted, landed: Promise.resolve() };
    const before = this.#flight;
    if (before === undefined) {
      flight.landed = this.#launch(flight);
      return flight.landed;
    }
    const life = this.#life;
    flight.landed = before.landed.then(nothing, nothing).then(() => {
      if (life !== this.#life) throw replaced();
      return this.#launch(flight);
    });
    this.#next = flight;
    return flight.landed;
  }

  async #launch(flight: Flight): Promise<void> {
    const life = this.#life;
    this.#flight = flight;
    this.#next = undefined;
    try {
      await this.#readOn(flight, life);
    } catch (error) {
      if (life === this.#life) this.#options.onFailure(this, error);
      throw error;
    } finally {
      if (life === this.#life) this.#flight = undefined;
    }
  }

  /** Fences and reads until nothing is lacking that was heard of. */
  async #readOn(flight: Flight, life: number): Promise<void> {
    for (;;) {
      const page = await this.#call(greatest(flight.wanted, this.#to, this.#heard), this.#to);
      if (life !== this.#life) throw replaced();
      if (this.#epoch !== undefined && page.epoch !== this.#epoch) {
        this.#startAnew(page.epoch, flight);
        continue;
      }
      this.#epoch = page.epoch;
      this.#append(page.entries, page.isWhole ? page.last : page.readTo);
      if (page.isWhole && this.#heard <= this.#to) break;
    }
    this.#isLoaded = true;
  }

  async #call(wanted: Timetoken, after: Timetoken): Promise<FencePage> {
    const { port } = this.#context;
    const { meta, log } = this.partition;
    const args = [
      formatTimetoken(wanted),
      formatTimetoken(after),
      freshEpoch(this.#context),
      String(entriesPerCall),
    ];
    return readFencePage(await port.run(fenceScript, [meta, log], args), this.#context);
  }

  /** The partition has lost some of its history: what is known of it may never have been, for others. */
  #startAnew(epoch: string, flight: Flight): void {
    this.#epoch = epoch;
    flight.wanted = greatest(flight.wanted, this.#to, this.#heard);
    this.#to = 0n;
    this.#log.clear();
  }

  #append(entries: readonly LogEntry[], to: Timetoken): void {
    const known = this.#to;
    if (to <= known) return;
    const fresh = entries.filter(({ timetoken }) => timetoken > known);
    this.#to = to;
    this.hear(fresh.at(-1)?.timetoken ?? 0n);
    if (fresh.length === 0) return;
    this.#options.onEntry(to);
    // Wakes who watches, and they may read at once: `to` must be true by then.
    this.#log.append(fresh, this.#context.time.latest);
  }
}

const fenceScript = loadScript("fence");

function greatest(...timetokens: readonly Timetoken[]): Timetoken {
  let most: Timetoken = 0n;
  for (const timetoken of timetokens) if (timetoken > most) most = timetoken;
  return most;
}

function nothing(): void {}

/** Failures are told by `onFailure`. */
function inBackground(work: Promise<void>): void {
  work.catch(nothing);
}

function replaced(): EngineError {
  return new EngineError("unavailable", "The partition was let go of meanwhile.", { cause: undefined });
}
