/** One page of a channel's occupants, in the order they took their seats. */
import type { Occupant } from "@hereabouts/protocol";
import type { Instant, Page } from "../ports.ts";
import { countDevices } from "./leases.ts";
import type { ChannelRecord, Seat } from "./table.ts";

/** The live occupants on a page. The cost is that of the page and of what comes before it. */
export function occupantsOf(record: ChannelRecord, page: Page, now: Instant): Occupant[] {
  const occupants: Occupant[] = [];
  if (page.limit <= 0) return occupants;
  let toSkip = page.offset;
  for (const seat of record.seats.values()) {
    if (seat.deadline <= now) continue;
    if (toSkip-- > 0) continue;
    occupants.push(toOccupant(seat, now));
    if (occupants.length >= page.limit) break;
  }
  return occupants;
}

function toOccupant(seat: Seat, now: Instant): Occupant {
  const { user, state, since } = seat;
  return { user, state, since, devices: countDevices(seat, now) };
}
