/**
 * Which leases are in grace: given up, and standing for a little longer. A side set, because few are at any time; a seat
 * that is not in it costs nothing.
 */
import type { DeviceId } from "@hereabouts/protocol";
import { leasesOf } from "./leases.ts";
import type { Seat } from "./table.ts";

/** The devices of each seat whose leases are in grace. Those whose lease is gone may be among them, and do not count. */
export class Graces {
  readonly #devices: Map<Seat, readonly (DeviceId | undefined)[]> = new Map();

  /** How many seats have leases in grace. */
  get size(): number {
    return this.#devices.size;
  }

  /** Enters a device's lease. */
  begin(seat: Seat, device: DeviceId | undefined): void {
    this.#devices.set(seat, [...this.of(seat).filter((other) => other !== device), device]);
  }

  /** Takes a device's lease out, because it was renewed or has ended. */
  cancel(seat: Seat, device: DeviceId | undefined): void {
    const devices = this.#devices.get(seat);
    if (devices === undefined) return;
    const others = devices.filter((other) => other !== device);
    if (others.length === 0) this.#devices.delete(seat);
    else this.#devices.set(seat, others);
  }

  /** Forgets a seat that ends. */
  forget(seat: Seat): void {
    this.#devices.delete(seat);
  }

  /** The devices of a seat whose leases are there and in grace. */
  of(seat: Seat): readonly (DeviceId | undefined)[] {
    const devices = this.#devices.get(seat);
    if (devices === undefined) return none;
    return leasesOf(seat)
      .map(([device]) => device)
      .filter((device) => devices.includes(device));
  }

  /** What the end of a seat whose time is up is told as: a leave where one of the leases that ended last was in grace. */
  kindOfEnd(seat: Seat): "leave" | "timeout" {
    const devices = this.#devices.get(seat);
    if (devices === undefined) return "timeout";
    const isLeave = leasesOf(seat).some(
      ([device, endsAt]) => endsAt === seat.deadline && devices.includes(device),
    );
    return isLeave ? "leave" : "timeout";
  }
}

const none: readonly (DeviceId | undefined)[] = Object.freeze([]);
