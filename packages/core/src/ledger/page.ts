/** One page of a channel's occupants, in the order they took their seats. */
import type { Occupant, OccupantRun, PagePlace } from "@hereabouts/protocol";
import type { Instant, Page } from "../ports.ts";
import { toOccupant } from "./occupant.ts";
import type { SeatRange } from "./seat-list.ts";
import type { ChannelRecord, Seat } from "./table.ts";

/** A page's occupants, and where the next page begins. */
export interface OccupantPage {
  readonly occupants: readonly Occupant[];
  /** The same as stretches of shared lists; in a large channel only. */
  readonly runs?: readonly OccupantRun[];
  readonly next: PagePlace | undefined;
}

/** The page of a channel without occupants. */
export const emptyPage: OccupantPage = { occupants: [], next: undefined };

/** The live occupants on a page. In a large channel the cost is the page's; in a small one, the channel's. */
export function occupantsOf(record: ChannelRecord, page: Page, now: Instant): OccupantPage {
  if (page.limit <= 0) return emptyPage;
  const after = page.after?.epoch === record.epoch ? page.after.place : 0;
  const range = { after, offset: page.offset, limit: page.limit };
  return record.list === undefined ? pageOfFew(record, range, now) : pageOfMany(record, range, now);
}

function pageOfMany(record: ChannelRecord, range: SeatRange, now: Instant): OccupantPage {
  const found = record.list?.page(range, now);
  if (found === undefined) return emptyPage;
  const { runs, next } = found;
  const occupants = runs.flatMap(({ list, from, to }) => list.slice(from, to));
  return { occupants, runs, next: next === undefined ? undefined : { epoch: record.epoch, place: next } };
}

function pageOfFew(record: ChannelRecord, range: SeatRange, now: Instant): OccupantPage {
  // One seat more than asked for tells whether there is a next page.
  const seats = seatsOf(record, { ...range, limit: range.limit + 1 }, now);
  const isCut = seats.length > range.limit;
  if (isCut) seats.pop();
  const last = seats.at(-1);
  return {
    occupants: seats.map((seat) => toOccupant(seat, now)),
    next: isCut && last !== undefined ? { epoch: record.epoch, place: last.order } : undefined,
  };
}

function seatsOf(record: ChannelRecord, { after, offset, limit }: SeatRange, now: Instant): Seat[] {
  const seats: Seat[] = [];
  let toSkip = offset;
  for (const seat of record.seats.values()) {
    if (seat.deadline <= now || seat.order <= after || toSkip-- > 0) continue;
    seats.push(seat);
    if (seats.length >= limit) break;
  }
  return seats;
}
