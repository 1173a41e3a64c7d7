/** What is shown of a seat. */
import type { Occupant } from "@hereabouts/protocol";
import type { Instant } from "../ports.ts";
import type { Seat } from "./table.ts";

/** A live seat as it is shown. */
export function toOccupant(seat: Seat, now: Instant): Occupant {
  const { user, state, since } = seat;
  return { user, state, since, devices: countDevices(seat, now) };
}

/** How many devices hold a seat at an instant. */
function countDevices({ holder }: Seat, now: Instant): number {
  if (!(holder instanceof Map)) return 1;
  let count = 0;
  for (const endsAt of holder.values()) if (endsAt > now) count++;
  return count;
}
