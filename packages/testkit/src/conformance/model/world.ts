/** An engine and what is expected of it, side by side. */
import {
  type Change,
  type Engine,
  emptyChannelRetentionMs,
  type Instant,
  type IntervalNotice,
  type LogEntry,
  type LogPage,
} from "@hereabouts/core";
import type { Channel, Group, State, SubscribeKey, Timetoken, UserId } from "@hereabouts/protocol";
import { testEpoch } from "../../test-clock.ts";
import { eventually, freshPlace, names, type OpenEngine } from "../bench.ts";
import { EntryModel, type ReaderModel } from "./entry-model.ts";
import { SeatModel } from "./seat-model.ts";
import { summingOf, TickModel } from "./tick-model.ts";

const presenceTopics = names("a-pnpres b-pnpres x.*-pnpres");

/** What is expected. */
export class ModelWorld {
  readonly seats: SeatModel = new SeatModel(testEpoch);
  readonly entries: EntryModel = new EntryModel();
  readonly ticks: TickModel = new TickModel();
  readonly groups: Map<Group, Channel[]> = new Map();
  readonly readers: ReaderModel[] = [];
  #wentBackBy = 0;
  readonly #counts = new Map<Channel, ChannelCount>();
  readonly #epochs = new Set<string>();

  /** What the clock shows. */
  get now(): Instant {
    return this.seats.now;
  }

  /** The clock as it would be had it never gone back. */
  get elapsed(): Instant {
    return this.seats.now + this.#wentBackBy;
  }

  /** Takes changes that an engine made: counts them, and expects them in the log or in a summary. */
  record(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#count(change);
      const logged = this.ticks.take(change, this.elapsed);
      if (logged === undefined) this.entries.leaveOut(change);
      else this.entries.addChange(logged, this.elapsed);
    }
  }

  /** Takes a summary that an engine wrote, and checks it. */
  recordNotice({ timetoken, interval }: LogEntry & { readonly kind: "interval" }): void {
    this.entries.addNotice(interval.channel, timetoken, this.elapsed);
    const stateOf = (user: UserId): State | undefined => this.seats.seatStateOf(user, interval.channel);
    this.ticks.check(interval, stateOf, this.elapsed);
  }

  /** The count a channel's view must show; `undefined` when the channel may have been forgotten. */
  countOf(channel: Channel): ChannelCount | undefined {
    const count = this.#counts.get(channel);
    return count === undefined || this.#mayBeForgotten(channel, count) ? undefined : count;
  }

  /** Moves the clock back, and every instant with it. */
  goBack(ms: number): void {
    this.seats.shift(-ms);
    this.#wentBackBy += ms;
  }

  #count({ channel, epoch, revision }: Change): void {
    const known = this.#counts.get(channel);
    const goesOn = known !== undefined && known.epoch === epoch && revision === known.revision + 1;
    const begins = revision === 1 && !this.#epochs.has(`${channel} ${epoch}`);
    const mayBegin = known === undefined || this.#mayBeForgotten(channel, known);
    if (!goesOn && !(begins && mayBegin)) {
      throw new Error(`${channel} counts ${epoch}/${revision} after ${known?.epoch}/${known?.revision}`);
    }
    this.#epochs.add(`${channel} ${epoch}`);
    this.#counts.set(channel, {
      epoch,
      revision,
      lastAt: this.elapsed,
      wasEmpty: this.seats.seatCount(channel) === 0,
    });
  }

  #mayBeForgotten(channel: Channel, { lastAt, wasEmpty }: ChannelCount): boolean {
    const isEmpty = wasEmpty || this.seats.seatCount(channel) === 0;
    return isEmpty && this.elapsed - lastAt >= emptyChannelRetentionMs;
  }
}

/** Where a channel's count of changes stands. */
interface ChannelCount {
  readonly epoch: string;
  readonly revision: number;
  readonly lastAt: Instant;
  /** Whether nobody was in it after its last change. */
  readonly wasEmpty: boolean;
}

/** The engine under test, and what has to be done to it around the verbs. */
export class RealWorld {
  readonly keyset: SubscribeKey = "sub-key" as SubscribeKey;
  readonly #open: OpenEngine;
  readonly #place = freshPlace();
  #engine: Engine | undefined;

  constructor(open: OpenEngine) {
    this.#open = open;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("the engine is closed");
    return this.#engine;
  }

  async open(now: Instant): Promise<void> {
    this.#engine = await this.#open({ now, place: this.#place });
    this.#engine.ticks.govern((_, channel) => summingOf(channel), now);
  }

  async close(now: Instant): Promise<void> {
    await this.#engine?.close(now);
    this.#engine = undefined;
  }

  /** Has a reader woken by news. */
  watch(reader: ReaderModel): void {
    reader.isWoken = true;
    const wake = (): void => {
      reader.isWoken = true;
    };
    this.engine.log.watch(this.keyset, reader.topics, { wake });
  }

  /** Reads on, and checks that what came was announced and may come. */
  async readOn(reader: ReaderModel, limit: number, model: ModelWorld): Promise<LogPage> {
    const page = await this.engine.log.read(this.keyset, reader.topics, reader.cursor, limit, model.now);
    if (page.entries.length > 0) await eventually(() => reader.isWoken, `${reader.topics} was woken`);
    if (page.entries.length < limit) reader.isWoken = false;
    reader.take(page, model.elapsed);
    return page;
  }

  /** A position before all summaries to come. */
  beforeNotices(now: Instant): Promise<Timetoken> {
    return this.engine.log.position(this.keyset, presenceTopics, now);
  }

  /** Takes the summaries that were written after a position. */
  async takeNotices(after: Timetoken, model: ModelWorld): Promise<readonly IntervalNotice[]> {
    const notices: IntervalNotice[] = [];
    for (let empty = 0, cursor = after; empty < 2; ) {
      const page = await this.engine.log.read(this.keyset, presenceTopics, cursor, 100, model.now);
      cursor = page.cursor;
      if (page.entries.length === 0) empty += 1;
      for (const entry of page.entries) {
        if (entry.kind !== "interval") continue;
        model.recordNotice(entry);
        notices.push(entry.interval);
      }
    }
    return notices;
  }

  /** Reads until nothing comes any more, and checks that nothing is missing. */
  async drain(reader: ReaderModel, model: ModelWorld): Promise<void> {
    for (let empty = 0; empty < 2; ) {
      const page = await this.readOn(reader, 50, model);
      if (page.entries.length === 0) empty += 1;
    }
    reader.finish(model.elapsed);
  }
}
