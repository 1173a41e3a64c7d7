/**
 * A hierarchical timing wheel over whole milliseconds: things that come due, without a timer or a scan for any of them.
 * It reads no clock and knows nothing of seats.
 *
 * Three rings of slots: single milliseconds, blocks of 512 ms, and spans of 1024 blocks (about 9 minutes), 16 of them.
 * A span's items move to their blocks when the span begins. When a block begins, its items go on an agenda: arrays by
 * millisecond, outside the items. Nothing that is collected as garbage is written into them there, so that a crowd which
 * comes due in the same second is not looked through by every young collection. What is due past the last ring's reach
 * (2.3 hours) is looked at once in each of its rounds.
 */
import { assert } from "./assert.ts";
import type { Instant } from "./ports.ts";

/** What a wheel holds. The links are the wheel's own: nobody else may read or write them. */
export interface Timed<Item> {
  /** When it comes due, in whole milliseconds. It may be moved later at any time; to move it earlier, file it again. */
  deadline: Instant;
  /** Of those due in the same millisecond, the lower comes first. */
  readonly order: number;
  /** The item before it in its slot; in the first item, the slot's number; -1 on the agenda; `undefined` when not filed. */
  before: Item | number | undefined;
  after: Item | undefined;
}

const blockMs = 512;
const spanBlocks = 1_024;
const spanMs = blockMs * spanBlocks;
const spans = 16;

const firstBlock = blockMs;
const firstSpan = firstBlock + spanBlocks;
const slotCount = firstSpan + spans;
const onAgenda = -1;

/** Things that come due. Never early; in the order of their deadlines, then of their `order`. */
export class TimingWheel<Item extends Timed<Item>> {
  /** Everything due up to here has been handed out. */
  #time: Instant;
  #heads: (Item | undefined)[] = new Array<Item | undefined>(slotCount).fill(undefined);
  /** Slots in use, by ring: an empty ring need not be looked through. */
  #used = { milliseconds: 0, blocks: 0, spans: 0 };
  /**
   * Items of the block that has begun, by their millisecond when it began. One that has been taken out since may still be
   * in its array, and does not count.
   */
  readonly #agenda: (Item[] | undefined)[] = new Array<Item[] | undefined>(blockMs).fill(undefined);
  #agendaSize = 0;
  /** Nothing comes due before this instant; trusted while it lies ahead. */
  #quietUntil: Instant;

  constructor(startsAt: Instant) {
    assert(Number.isInteger(startsAt), "a wheel starts at a whole millisecond");
    this.#time = startsAt;
    this.#quietUntil = startsAt;
  }

  /** Files an item by its deadline, or files it anew. One that is due already comes with the next millisecond. */
  file(item: Item): void {
    this.remove(item);
    this.#place(item, Math.max(item.deadline, this.#time + 1));
  }

  /** Takes an item out. Harmless when it is not in. */
  remove(item: Item): void {
    const { before, after } = item;
    if (before === undefined) return;
    if (before === onAgenda) this.#agendaSize -= 1;
    else if (typeof before === "number") this.#setHead(before, after);
    else before.after = after;
    if (after !== undefined) after.before = before;
    item.before = undefined;
    item.after = undefined;
  }

  /** Hands out and takes out everything due at or before `now`. Going back in time does nothing. */
  advance(now: Instant, handOut: (item: Item) => void): void {
    while (this.#time < now) {
      this.#time = this.#nextStop(now);
      if (this.#time % blockMs === 0) this.#openBlock();
      const slot = this.#time & (blockMs - 1);
      if (this.#heads[slot] !== undefined || this.#agenda[slot] !== undefined) this.#empty(slot, handOut);
    }
  }

  /** An instant before which nothing comes due; `undefined` when nothing is filed. */
  nextDue(): Instant | undefined {
    const { milliseconds, blocks, spans: far } = this.#used;
    if (milliseconds + blocks + far + this.#agendaSize === 0) return undefined;
    if (this.#quietUntil <= this.#time) this.#quietUntil = this.#earliestSlot();
    return this.#quietUntil;
  }

  #place(item: Item, when: Instant): void {
    const [slot, startsAt] = this.#slotFor(when);
    if (startsAt < this.#quietUntil) this.#quietUntil = startsAt;
    const head = this.#heads[slot];
    item.before = slot;
    item.after = head;
    if (head === undefined) this.#use(slot, 1);
    else head.before = item;
    this.#heads[slot] = item;
  }

  #slotFor(when: Instant): readonly [slot: number, startsAt: Instant] {
    if (when - this.#time < blockMs) return [when & (blockMs - 1), when];
    const block = Math.floor(when / blockMs);
    if (block - Math.floor(this.#time / blockMs) < spanBlocks) {
      return [firstBlock + (block & (spanBlocks - 1)), block * blockMs];
    }
    const span = Math.floor(when / spanMs);
    return [firstSpan + (span & (spans - 1)), span * spanMs];
  }

  #setHead(slot: number, head: Item | undefined): void {
    this.#heads[slot] = head;
    if (head === undefined) this.#use(slot, -1);
  }

  #use(slot: number, by: 1 | -1): void {
    if (slot < firstBlock) this.#used.milliseconds += by;
    else if (slot < firstSpan) this.#used.blocks += by;
    else this.#used.spans += by;
  }

  /** The next instant with something to do, or `now`. */
  #nextStop(now: Instant): Instant {
    if (this.#used.milliseconds + this.#agendaSize > 0) return this.#time + 1;
    if (this.#used.blocks > 0) return Math.min(now, nextMultiple(this.#time, blockMs));
    if (this.#used.spans > 0) return Math.min(now, nextMultiple(this.#time, spanMs));
    return now;
  }

  /** A block begins, and perhaps a span: what it holds is filed more finely. */
  #openBlock(): void {
    if (this.#time % spanMs === 0) {
      this.#release(firstSpan + (Math.floor(this.#time / spanMs) & (spans - 1)), this.#placeAgain);
    }
    this.#release(firstBlock + (Math.floor(this.#time / blockMs) & (spanBlocks - 1)), this.#putOnAgenda);
  }

  /** Empties a slot, and has something else done with each of its items. */
  #release(slot: number, refile: (item: Item) => void): void {
    let item = this.#heads[slot];
    if (item === undefined) return;
    this.#setHead(slot, undefined);
    while (item !== undefined) {
      const after: Item | undefined = item.after;
      refile(item);
      item = after;
    }
  }

  readonly #placeAgain = (item: Item): void => {
    this.#place(item, Math.max(item.deadline, this.#time));
  };

  readonly #putOnAgenda = (item: Item): void => {
    const when = Math.max(item.deadline, this.#time);
    if (when - this.#time >= blockMs) {
      this.#place(item, when);
      return;
    }
    const slot = when & (blockMs - 1);
    const listed = this.#agenda[slot];
    if (listed === undefined) this.#agenda[slot] = [item];
    else listed.push(item);
    item.before = onAgenda;
    item.after = undefined;
    this.#agendaSize += 1;
  };

  /** Hands out what a millisecond holds, except items whose deadline has moved on. */
  #empty(slot: number, handOut: (item: Item) => void): void {
    const batch: Item[] = [];
    const listed = this.#agenda[slot];
    this.#agenda[slot] = undefined;
    for (const item of listed ?? []) if (item.before === onAgenda) this.#takeOut(item, batch);
    for (let item = this.#heads[slot]; item !== undefined; item = this.#heads[slot]) {
      this.#takeOut(item, batch);
    }
    if (batch.length > 1) batch.sort(byDeadlineThenOrder);
    for (const item of batch) handOut(item);
  }

  #takeOut(item: Item, batch: Item[]): void {
    this.remove(item);
    if (item.deadline > this.#time) this.#place(item, item.deadline);
    else batch.push(item);
  }

  #earliestSlot(): Instant {
    const block = Math.floor(this.#time / blockMs);
    const span = Math.floor(this.#time / spanMs);
    return Math.min(
      this.#firstUsed(0, blockMs, this.#time + 1),
      this.#firstUsed(firstBlock, spanBlocks, block + 1) * blockMs,
      this.#firstUsed(firstSpan, spans, span + 1) * spanMs,
    );
  }

  /** The first of a ring's slots in use, counted from `from` on; infinite when there is none. */
  #firstUsed(firstSlot: number, size: number, from: number): number {
    for (let index = from; index < from + size; index++) {
      const slot = firstSlot + (index & (size - 1));
      if (this.#heads[slot] !== undefined) return index;
      if (this.#agenda[slot]?.some(({ before }) => before === onAgenda) === true) return index;
    }
    return Number.POSITIVE_INFINITY;
  }
}

function nextMultiple(instant: Instant, of: number): Instant {
  return (Math.floor(instant / of) + 1) * of;
}

/** Deadlines differ within a millisecond's slot only for items that were due before they were filed. */
function byDeadlineThenOrder<Item>(left: Timed<Item>, right: Timed<Item>): number {
  return left.deadline - right.deadline || left.order - right.order;
}
