/** One page of a channel's occupants, in the order they took their seats. */
import type { Occupant } from "@hereabouts/protocol";
import type { Instant, Page } from "../ports.ts";
import { countDevices } from "./leases.ts";
import type { ChannelRecord, Seat } from "./table.ts";

/** The live occupants on a page. In a large channel the cost is the page's; in a small one, the channel's. */
export function occupantsOf(record: ChannelRecord, page: Page, now: Instant): Occupant[] {
  if (page.limit <= 0) return [];
  const seats = record.list?.page(page.offset, page.limit) ?? pageOf(record, page, now);
  return seats.map((seat) => toOccupant(seat, now));
}

function pageOf(record: ChannelRecord, page: Page, now: Instant): Seat[] {
  const seats: Seat[] = [];
  let toSkip = page.offset;
  for (const seat of record.seats.values()) {
    if (seat.deadline <= now || toSkip-- > 0) continue;
    seats.push(seat);
    if (seats.length >= page.limit) break;
  }
  return seats;
}

function toOccupant(seat: Seat, now: Instant): Occupant {
  const { user, state, since } = seat;
  return { user, state, since, devices: countDevices(seat, now) };
}
