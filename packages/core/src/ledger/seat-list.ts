/**
 * The live seats of one large channel in the order they were taken, such that any page costs only itself. Seats lie in
 * blocks of bounded length; a page finds its block by adding up lengths. Small channels do without.
 */
import { assert } from "../assert.ts";
import type { Instant } from "../ports.ts";
import type { SeatRange } from "./page.ts";
import { liveSeats, type Seat } from "./table.ts";

/** A channel that comes to have this many live seats has a list from then on, until it has half of them. */
const listedSeatsMin = 512;
const blockMax = 256;
const blockMin = 64;

/** Seats in ascending `order`. */
export class SeatList {
  /** None is empty. */
  readonly #blocks: Seat[][] = [];

  /** Adds a seat that was taken after all others. */
  push(seat: Seat): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.length < blockMax) last.push(seat);
    else this.#blocks.push([seat]);
  }

  /** Takes a seat out that is in. */
  remove(seat: Seat): void {
    const index = lastNotAfter(this.#blocks, seat.order, (block) => block[0]?.order ?? 0);
    const block = this.#blocks[index];
    assert(block !== undefined, "a listed seat has a block");
    const place = lastNotAfter(block, seat.order, (other) => other.order);
    assert(block[place] === seat, "a listed seat lies where its order says");
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
    else if (block.length < blockMin) this.#merge(index);
  }

  /** The seats of a range. */
  page({ after, offset, limit }: SeatRange): Seat[] {
    const seats: Seat[] = [];
    const first = Math.max(
      0,
      lastNotAfter(this.#blocks, after, (block) => block[0]?.order ?? 0),
    );
    let toSkip = offset + lastNotAfter(this.#blocks[first] ?? [], after, (seat) => seat.order) + 1;
    for (let index = first; index < this.#blocks.length && seats.length < limit; index++) {
      const block = this.#blocks[index] ?? [];
      for (const seat of block.slice(toSkip, toSkip + limit - seats.length)) seats.push(seat);
      toSkip = Math.max(0, toSkip - block.length);
    }
    return seats;
  }

  /** Joins a small block with the next if they fit, so that blocks do not become many and small. */
  #merge(index: number): void {
    const block = this.#blocks[index];
    const next = this.#blocks[index + 1];
    if (block === undefined || next === undefined || block.length + next.length > blockMax) return;
    this.#blocks.splice(index, 2, block.concat(next));
  }
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
