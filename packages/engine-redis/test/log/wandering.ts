/**
 * Readers whose every poll goes to another node, while every node writes with a clock of its own. A reader must get
 * each entry of its topics once, in the order of the timetokens, and none that was there before its first cursor.
 */
import type { Timetoken } from "@hereabouts/protocol";
import { createSeededRandom, type SeededRandom } from "@hereabouts/testkit";
import { entryText, keyset, message, type Node, pause, topicsOf } from "./node.ts";

/** What is to happen. */
export interface WanderingOptions {
  readonly nodes: readonly Node[];
  readonly seed: number;
  /** How long it is written, in milliseconds of real time. */
  readonly forMs: number;
  /** By how much each node's clock is off. */
  readonly skewsMs: readonly number[];
  /** Called again and again while it is written. */
  readonly disturb?: () => Promise<void>;
  /** Whether an entry may come twice, or be lost by Redis: then only what is in the log in the end must have come. */
  readonly failures?: "none" | "some";
}

interface Written {
  readonly channel: string;
  readonly text: string;
  readonly timetoken: Timetoken;
  readonly begunAt: number;
  readonly endedAt: number;
}

interface Reader {
  readonly topics: string;
  readonly from: Timetoken;
  readonly askedAt: number;
  readonly gotAt: number;
  cursor: Timetoken;
  readonly read: { readonly text: string; readonly timetoken: Timetoken }[];
}

/** What came of it. */
export interface Wandered {
  readonly written: number;
  readonly read: number;
  readonly polls: number;
  /** Verbs that failed. */
  readonly failed: number;
}

/** How long readers may take to come to the end of what was written. */
const drainedWithinMs = 15_000;

const channels = ["a", "b", "c", "x.a", "x.b", "x.y.a", "z.a", "z.b", "long-name", "other"];
const topicLists = [
  "a",
  "a b c",
  "x.*",
  "x.a x.*",
  "a x.* z.*",
  "x.y.* x.y.a b",
  "z.* long-name other",
  "other x.b",
];

/** Runs it. Throws when a reader misses something, gets something twice, or out of order. */
export async function wander(options: WanderingOptions): Promise<Wandered> {
  const run = new Wandering(options);
  await run.run();
  return run.counts;
}

class Wandering {
  counts: Wandered = { written: 0, read: 0, polls: 0, failed: 0 };
  readonly #options: WanderingOptions;
  readonly #random: SeededRandom;
  readonly #written: Written[] = [];
  readonly #readers: Reader[] = [];
  #isOver = false;

  constructor(options: WanderingOptions) {
    this.#options = options;
    this.#random = createSeededRandom(options.seed);
  }

  async run(): Promise<void> {
    for (const topics of topicLists) await this.#enter(topics);
    const over = pause(this.#options.forMs).then(() => {
      this.#isOver = true;
    });
    const writing = this.#options.nodes.map((_, index) => this.#write(index));
    const disturbing = this.#disturb();
    const entering = this.#enterLater();
    await Promise.all([
      over,
      ...writing,
      disturbing,
      entering,
      ...this.#readers.map((reader) => this.#read(reader)),
    ]);
    const giveUpAt = performance.now() + drainedWithinMs;
    for (const reader of this.#readers) await this.#drain(reader, giveUpAt);
    for (const reader of this.#readers) this.#check(reader);
    const read = this.#readers.reduce((sum, reader) => sum + reader.read.length, 0);
    this.counts = { ...this.counts, written: this.#written.length, read };
  }

  #nowOf(index: number): number {
    return Date.now() + (this.#options.skewsMs[index] ?? 0);
  }

  #pick(): { readonly node: Node; readonly now: number } {
    const index = this.#random.below(this.#options.nodes.length);
    const node = this.#options.nodes[index];
    if (node === undefined) throw new Error("there is a node");
    return { node, now: this.#nowOf(index) };
  }

  async #enter(topics: string): Promise<Reader> {
    const askedAt = performance.now();
    const { node, now } = this.#pick();
    const from = await this.#retried(() => node.log.position(keyset, topicsOf(topics), now));
    const reader: Reader = { topics, from, askedAt, gotAt: performance.now(), cursor: from, read: [] };
    this.#readers.push(reader);
    return reader;
  }

  async #enterLater(): Promise<void> {
    const reading: Promise<void>[] = [];
    while (!this.#isOver) {
      await pause(this.#options.forMs / 6);
      reading.push(this.#read(await this.#enter(this.#random.pick(topicLists))));
    }
    await Promise.all(reading);
  }

  async #write(index: number): Promise<void> {
    const node = this.#options.nodes[index];
    if (node === undefined) throw new Error("there is a node");
    for (let count = 0; !this.#isOver; count++) {
      const picked = Array.from({ length: 1 + this.#random.below(3) }, () => this.#random.pick(channels));
      const texts = picked.map((_, at) => `${index}/${count}/${at}`);
      const begunAt = performance.now();
      const publications = picked.map((channel, at) => message(channel, texts[at] ?? ""));
      try {
        const timetokens = await node.log.append(keyset, publications, this.#nowOf(index));
        const endedAt = performance.now();
        for (const [at, timetoken] of timetokens.entries()) {
          this.#written.push({
            channel: picked[at] ?? "",
            text: texts[at] ?? "",
            timetoken,
            begunAt,
            endedAt,
          });
        }
      } catch (error) {
        this.#failed(error);
      }
      await pause(this.#random.below(4));
    }
  }

  async #read(reader: Reader): Promise<void> {
    while (!this.#isOver) {
      await this.#readOnce(reader, this.#random.below(3) === 0 ? 1 + this.#random.below(3) : 100);
      await pause(this.#random.below(5));
    }
  }

  async #readOnce(reader: Reader, limit: number): Promise<number> {
    const { node, now } = this.#pick();
    this.counts = { ...this.counts, polls: this.counts.polls + 1 };
    try {
      const { entries, cursor } = await node.log.read(
        keyset,
        topicsOf(reader.topics),
        reader.cursor,
        limit,
        now,
      );
      if (entries.length > limit)
        throw new Error(`${entries.length} entries came where ${limit} were asked for`);
      let last = reader.cursor;
      for (const entry of entries) {
        if (entry.timetoken <= last) throw new Error(`${entryText(entry)} came after ${last}`);
        last = entry.timetoken;
        reader.read.push({ text: entryText(entry), timetoken: entry.timetoken });
      }
      if (cursor < last) throw new Error(`the cursor ${cursor} is before ${last}`);
      reader.cursor = cursor;
      return entries.length;
    } catch (error) {
      this.#failed(error);
      return 1;
    }
  }

  async #disturb(): Promise<void> {
    while (!this.#isOver) {
      await pause(20 + this.#random.below(60));
      await this.#options.disturb?.();
    }
  }

  async #drain(reader: Reader, giveUpAt: number): Promise<void> {
    for (let empty = 0; empty < 5 * this.#options.nodes.length; ) {
      const isComplete = this.#missing(reader).length === 0;
      empty = (await this.#readOnce(reader, 50)) === 0 && isComplete ? empty + 1 : 0;
      if (performance.now() > giveUpAt) return;
      if (empty === 0) await pause(1);
    }
  }

  async #retried<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        this.#failed(error);
        await pause(20);
      }
    }
  }

  #failed(error: unknown): void {
    if (this.#options.failures !== "some" || !(error instanceof Error) || error.name !== "EngineError")
      throw error;
    this.counts = { ...this.counts, failed: this.counts.failed + 1 };
  }

  #expected(reader: Reader): readonly Written[] {
    return this.#written
      .filter(({ channel, timetoken }) => timetoken > reader.from && carries(reader.topics, channel))
      .sort((a, b) => (a.timetoken < b.timetoken ? -1 : 1));
  }

  #missing(reader: Reader): readonly Written[] {
    const read = new Set(reader.read.map(({ text }) => text));
    return this.#expected(reader).filter(({ channel, text }) => !read.has(`${channel}: ${text}`));
  }

  #check(reader: Reader): void {
    const missing = this.#missing(reader);
    if (missing.length > 0) {
      const [first] = missing;
      throw new Error(
        `${reader.topics} from ${reader.from} missed ${missing.length} of ${this.#expected(reader).length}, first ${first?.channel}: ${first?.text} at ${first?.timetoken}; its cursor is ${reader.cursor}`,
      );
    }
    if (new Set(reader.read.map(({ text }) => text)).size !== reader.read.length) {
      throw new Error(`${reader.topics} got something twice`);
    }
    if (this.#options.failures !== "some" && reader.read.length !== this.#expected(reader).length) {
      throw new Error(`${reader.topics} got ${reader.read.length} of ${this.#expected(reader).length}`);
    }
    for (const { channel, text, timetoken, begunAt, endedAt } of this.#written) {
      if (!carries(reader.topics, channel)) continue;
      if (endedAt < reader.askedAt && timetoken > reader.from)
        throw new Error(`${channel}: ${text} was there before the position ${reader.from}, at ${timetoken}`);
      if (begunAt > reader.gotAt && timetoken <= reader.from)
        throw new Error(`${channel}: ${text} came after the position ${reader.from}, at ${timetoken}`);
    }
  }
}

function carries(topics: string, channel: string): boolean {
  return topics
    .split(" ")
    .some((topic) => topic === channel || (topic.endsWith(".*") && channel.startsWith(topic.slice(0, -1))));
}
