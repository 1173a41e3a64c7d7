/**
 * The simplest thing that could do a ledger's work: channels in a map, users in a map each, and a timing wheel of
 * seconds. No devices, no state, no revisions, no pages, no index by user: what keeping and renewing seats costs.
 */

interface Seat {
  readonly user: string;
  readonly channel: string;
  deadline: number;
}

const slots = 4_096;

/** Seats in a map of maps. */
export class MapOfMaps {
  readonly #channels = new Map<string, Map<string, Seat>>();
  readonly #wheel: Set<Seat>[] = Array.from({ length: slots }, () => new Set());

  /** Seats a user, or renews its seat. The wheel is told of renewals when the old deadline comes. */
  touch(channel: string, user: string, deadline: number): void {
    let users = this.#channels.get(channel);
    if (users === undefined) {
      users = new Map();
      this.#channels.set(channel, users);
    }
    const seat = users.get(user);
    if (seat !== undefined) {
      seat.deadline = deadline;
      return;
    }
    const taken = { user, channel, deadline };
    users.set(user, taken);
    this.#slotOf(deadline).add(taken);
  }

  /** Ends what is due in a second; what was renewed is filed anew. */
  sweep(second: number): number {
    let ended = 0;
    const due = this.#slotOf(second * 1_000);
    for (const seat of due) {
      due.delete(seat);
      if (Math.floor(seat.deadline / 1_000) > second) {
        this.#slotOf(seat.deadline).add(seat);
        continue;
      }
      this.#channels.get(seat.channel)?.delete(seat.user);
      ended++;
    }
    return ended;
  }

  /** Seats in a channel. */
  occupancy(channel: string): number {
    return this.#channels.get(channel)?.size ?? 0;
  }

  #slotOf(deadline: number): Set<Seat> {
    const slot = this.#wheel[Math.floor(deadline / 1_000) % slots];
    if (slot === undefined) throw new Error("A wheel has all its slots.");
    return slot;
  }
}
