/** One page of a channel's occupants, in the order they took their seats. */
import type { Occupant, PagePlace } from "@hereabouts/protocol";
import type { Instant, Page } from "../ports.ts";
import { countDevices } from "./leases.ts";
import type { ChannelRecord, Seat } from "./table.ts";

/** A page's occupants, and where the next page begins. */
export interface OccupantPage {
  readonly occupants: readonly Occupant[];
  readonly next: PagePlace | undefined;
}

/** The page of a channel without occupants. */
export const emptyPage: OccupantPage = { occupants: [], next: undefined };

/** Which seats: those of a higher `order` than `after`, but for the first `offset`, and `limit` of them. */
export interface SeatRange {
  readonly after: number;
  readonly offset: number;
  readonly limit: number;
}

/** The live occupants on a page. In a large channel the cost is the page's; in a small one, the channel's. */
export function occupantsOf(record: ChannelRecord, page: Page, now: Instant): OccupantPage {
  if (page.limit <= 0) return emptyPage;
  const after = page.after?.epoch === record.epoch ? page.after.place : 0;
  // One seat more than asked for tells whether there is a next page.
  const range = { after, offset: page.offset, limit: page.limit + 1 };
  const seats = record.list?.page(range) ?? seatsOf(record, range, now);
  const isCut = seats.length > page.limit;
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

function toOccupant(seat: Seat, now: Instant): Occupant {
  const { user, state, since } = seat;
  return { user, state, since, devices: countDevices(seat, now) };
}
