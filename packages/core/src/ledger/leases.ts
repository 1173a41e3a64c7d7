/**
 * The leases under a seat: one per device that names itself, one for all that do not. A seat with one lease keeps it in
 * its own fields; a map is made for the second and goes with it. The seats given here are live.
 */
import type { DeviceId } from "@hereabouts/protocol";
import { assert } from "../assert.ts";
import { devicesPerSeatMax } from "../limits.ts";
import type { Instant } from "../ports.ts";
import { refreshSeat } from "./seat-list.ts";
import type { Leases, Seat } from "./table.ts";

/** When a device's lease ends; 0 when it has none. */
export function leaseEnd({ holder, deadline }: Seat, device: DeviceId | undefined): Instant {
  if (holder instanceof Map) return holder.get(device) ?? 0;
  return holder === device ? deadline : 0;
}

/** Gives a device a lease until `endsAt`, and drops those that have ended. Answers when the seat now ends. */
export function renewLease(seat: Seat, device: DeviceId | undefined, endsAt: Instant, now: Instant): Instant {
  const { holder } = seat;
  if (!(holder instanceof Map)) {
    if (holder === device) return endsAt;
    seat.holder = new Map([
      [holder, seat.deadline],
      [device, endsAt],
    ]);
    refreshSeat(seat);
    return Math.max(seat.deadline, endsAt);
  }
  dropEnded(holder, now);
  if (!holder.has(device) && holder.size >= devicesPerSeatMax) holder.delete(nearest(holder));
  holder.set(device, endsAt);
  return settle(seat, holder);
}

/**
 * Takes a device's lease away. Answers when the seat now ends, `"last"` when that was its last lease, or `"none"` when
 * the device had none.
 */
export function endLease(seat: Seat, device: DeviceId | undefined, now: Instant): Instant | "last" | "none" {
  const { holder } = seat;
  if (!(holder instanceof Map)) return holder === device ? "last" : "none";
  dropEnded(holder, now);
  if (!holder.delete(device)) return "none";
  return holder.size === 0 ? "last" : settle(seat, holder);
}

/**
 * Brings the end of a device's lease forward. Answers when the seat now ends, or `"none"` when the device has no lease
 * or one that ends by then anyway.
 */
export function shortenLease(
  seat: Seat,
  device: DeviceId | undefined,
  endsAt: Instant,
  now: Instant,
): Instant | "none" {
  const { holder } = seat;
  if (!(holder instanceof Map)) return holder === device && endsAt < seat.deadline ? endsAt : "none";
  dropEnded(holder, now);
  if ((holder.get(device) ?? endsAt) <= endsAt) return "none";
  holder.set(device, endsAt);
  return settle(seat, holder);
}

/** Every lease of a seat: device and end. */
export function leasesOf(seat: Seat): [DeviceId | undefined, Instant][] {
  const { holder } = seat;
  return holder instanceof Map ? [...holder] : [[holder, seat.deadline]];
}

/** What a seat's `holder` is for these leases, of which there is at least one, and when the last of them ends. */
export function holderOf(leases: Leases): { readonly holder: Seat["holder"]; readonly deadline: Instant } {
  assert(leases.size > 0, "a seat has a lease");
  const [only] = leases.keys();
  return { holder: leases.size === 1 ? only : leases, deadline: Math.max(...leases.values()) };
}

function settle(seat: Seat, leases: Leases): Instant {
  const { holder, deadline } = holderOf(leases);
  seat.holder = holder;
  return deadline;
}

function dropEnded(leases: Leases, now: Instant): void {
  for (const [device, endsAt] of leases) if (endsAt <= now) leases.delete(device);
}

/** The device whose lease ends first. */
function nearest(leases: Leases): DeviceId | undefined {
  let found: DeviceId | undefined;
  let soonest = Number.POSITIVE_INFINITY;
  for (const [device, endsAt] of leases) {
    if (endsAt >= soonest) continue;
    found = device;
    soonest = endsAt;
  }
  return found;
}
