/**
 * The live seats of one large channel in the order they were taken, such that any page costs only itself. Seats lie in
 * blocks of bounded length; a page finds its block by adding up lengths. Small channels do without.
 *
 * What a block shows is made once and shared between pages until one of its seats comes, goes or looks different: while
 * a few of a hundred thousand come and go, nearly all of a page is there already.
 */
import type { Occupant, OccupantRun } from "@hereabouts/protocol";
import { assert } from "../assert.ts";
import type { Instant } from "../ports.ts";
import { toOccupant } from "./occupant.ts";
import { liveSeats, type Seat } from "./table.ts";

/** A channel that comes to have this many live seats has a list from then on, until it has half of them. */
const listedSeatsMin = 512;
const blockMax = 256;
const blockMin = 64;

interface Block {
  /** Never empty. */
  readonly seats: Seat[];
  /** The seats as they are shown; `undefined` when that has to be made again. */
  shown: readonly Occupant[] | undefined;
}

/** Which seats: those of a higher `order` than `after`, but for the first `offset`, and `limit` of them. */
export interface SeatRange {
  readonly after: number;
  readonly offset: number;
  readonly limit: number;
}

/** A page of a list. */
export interface ListPage {
  readonly runs: readonly OccupantRun[];
  /** The order of its last seat when there are more behind it. */
  readonly next: number | undefined;
}

/** Seats in ascending `order`. */
export class SeatList {
  readonly #blocks: Block[] = [];

  /** Adds a seat that was taken after all others. */
  push(seat: Seat): void {
    const last = this.#blocks.at(-1);
    if (last === undefined || last.seats.length >= blockMax) {
      this.#blocks.push({ seats: [seat], shown: undefined });
      return;
    }
    last.seats.push(seat);
    last.shown = undefined;
  }

  /** Takes a seat out that is in. */
  remove(seat: Seat): void {
    const index = this.#blockAt(seat.order);
    const block = this.#blocks[index];
    assert(block !== undefined, "a listed seat has a block");
    const { seats } = block;
    const place = lastNotAfter(seats, seat.order, orderOf);
    assert(seats[place] === seat, "a listed seat lies where its order says");
    seats.splice(place, 1);
    block.shown = undefined;
    if (seats.length === 0) this.#blocks.splice(index, 1);
    else if (seats.length < blockMin) this.#merge(index);
  }

  /** Lets a seat be shown anew: something of it has changed that is seen. Harmless for one that is not in. */
  refresh(seat: Seat): void {
    const block = this.#blocks[this.#blockAt(seat.order)];
    if (block !== undefined) block.shown = undefined;
  }

  /** A page of the seats. */
  page({ after, offset, limit }: SeatRange, now: Instant): ListPage {
    const runs: OccupantRun[] = [];
    const first = Math.max(0, this.#blockAt(after));
    let toSkip = offset + lastNotAfter(this.#blocks[first]?.seats ?? [], after, orderOf) + 1;
    let wanted = limit;
    for (let index = first; index < this.#blocks.length; index++) {
      const block = this.#blocks[index];
      if (block === undefined) break;
      const { length } = block.seats;
      if (toSkip < length) {
        const to = Math.min(length, toSkip + wanted);
        runs.push({ list: shownOf(block, now), from: toSkip, to });
        wanted -= to - toSkip;
        if (wanted === 0) return { runs, next: this.#nextAfter(index, to) };
      }
      toSkip = Math.max(0, toSkip - length);
    }
    return { runs, next: undefined };
  }

  /** Where a page goes on that ended before a place of a block; `undefined` when there is nothing more. */
  #nextAfter(index: number, place: number): number | undefined {
    const { seats } = this.#blocks[index] ?? { seats: [] };
    const isLast = place === seats.length && index + 1 === this.#blocks.length;
    return isLast ? undefined : seats[place - 1]?.order;
  }

  #blockAt(order: number): number {
    return lastNotAfter(this.#blocks, order, firstOrder);
  }

  /** Joins a small block with the next if they fit, so that blocks do not become many and small. */
  #merge(index: number): void {
    const block = this.#blocks[index];
    const next = this.#blocks[index + 1];
    if (block === undefined || next === undefined) return;
    if (block.seats.length + next.seats.length > blockMax) return;
    this.#blocks.splice(index, 2, { seats: block.seats.concat(next.seats), shown: undefined });
  }
}

/** A block as it is shown. Kept unless somebody in it has several devices: how many, only time tells. */
function shownOf(block: Block, now: Instant): readonly Occupant[] {
  if (block.shown !== undefined) return block.shown;
  const shown = block.seats.map((seat) => toOccupant(seat, now));
  if (!block.seats.some(({ holder }) => holder instanceof Map)) block.shown = shown;
  return shown;
}

function orderOf(seat: Seat): number {
  return seat.order;
}

function firstOrder({ seats }: Block): number {
  return seats[0]?.order ?? 0;
}

/** Lets a seat be shown anew where its channel is large. */
export function refreshSeat(seat: Seat): void {
  seat.record.list?.refresh(seat);
}

/** Lists a new seat if its channel is large, or all that are live when it has just become so. */
export function listSeat(seat: Seat, now: Instant): void {
  const { record } = seat;
  if (record.list !== undefined) record.list.push(seat);
  else if (liveSeats(record) >= listedSeatsMin) {
    const list = new SeatList();
    for (const each of record.seats.values()) if (each.deadline > now) list.push(each);
    record.list = list;
  }
}

/** Takes a seat that ends or comes due off its channel's list. A channel that has become small does without. */
export function unlistSeat(seat: Seat): void {
  const { record } = seat;
  record.list?.remove(seat);
  if (liveSeats(record) < listedSeatsMin / 2) record.list = undefined;
}

/** The index of the last of ascending items whose order is at most `order`; -1 when there is none. */
function lastNotAfter<Item>(items: readonly Item[], order: number, orderOf: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && orderOf(item) <= order) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
