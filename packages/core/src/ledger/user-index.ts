/** Where every user sits. The seats themselves are the links, so that the index costs one map entry per user. */
import { own, type UserId } from "@hereabouts/protocol";
import type { Seat } from "./table.ts";

/** Finds a user's seats. */
export class UserIndex {
  /** The seat each user took last. */
  #latest: Map<UserId, Seat> = new Map();

  /** Users with a seat. */
  get size(): number {
    return this.#latest.size;
  }

  /** How many seats a user has. */
  count(user: UserId): number {
    const latest = this.#latest.get(user);
    return latest === undefined ? 0 : seatsUpTo(latest);
  }

  /** The user's name as its other seats hold it, so that equal names are stored once; else in memory of its own. */
  intern(user: UserId): UserId {
    return this.#latest.get(user)?.user ?? own(user);
  }

  /** Enters a seat that is in no index. */
  add(seat: Seat): void {
    const latest = this.#latest.get(seat.user);
    seat.older = latest;
    seat.newer = 1;
    if (latest !== undefined) {
      seat.newer = seatsUpTo(latest) + 1;
      latest.newer = seat;
    }
    this.#latest.set(seat.user, seat);
  }

  /** Takes a seat out that is in. */
  remove(seat: Seat): void {
    const { newer, older } = seat;
    if (older !== undefined) older.newer = typeof newer === "number" ? newer - 1 : newer;
    if (typeof newer !== "number") {
      newer.older = older;
      this.#countDown(seat.user);
    } else if (older !== undefined) this.#latest.set(seat.user, older);
    else this.#latest.delete(seat.user);
    seat.older = undefined;
    seat.newer = 0;
  }

  /** A user's seats in the order they were taken. */
  seats(user: UserId): Seat[] {
    const seats: Seat[] = [];
    for (let seat = this.#latest.get(user); seat !== undefined; seat = seat.older) seats.push(seat);
    return seats.sort((left, right) => left.order - right.order);
  }

  #countDown(user: UserId): void {
    const latest = this.#latest.get(user);
    if (latest !== undefined && typeof latest.newer === "number") latest.newer--;
  }
}

/** The latest seat of a user knows how many there are. */
function seatsUpTo(latest: Seat): number {
  return typeof latest.newer === "number" ? latest.newer : 0;
}
