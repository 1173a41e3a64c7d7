/**
 * The order of requests that take seats and requests that give them up. They must not overtake each other: a leave that
 * arrives before the handshake would leave the user behind until its time is up. So a leave waits for what takes seats
 * and is under way, and what takes seats waits for leaves.
 */
import type { Scheduling } from "./ports.ts";

/** Who goes when. */
export interface Turns {
  /** Sends what takes seats. */
  enter<Result>(send: () => Promise<Result>): Promise<Result>;
  /** Sends what gives seats up. It may fail: the seats run to their deadline then. */
  leave(send: () => Promise<unknown>): void;
  /** Whether something that takes seats is under way. */
  isEntering(): boolean;
  /** Resolves when no leave is under way any more, whatever became of it. */
  left(): Promise<void>;
}

/** How long a leave waits for what takes seats, in milliseconds. */
const patienceMs = 5_000;

/** Nobody is on the way. */
export function createTurns(scheduling: Scheduling): Turns {
  const entering = new Set<Promise<unknown>>();
  let leaving = Promise.resolve();
  return {
    enter: (send) => {
      const sent = leaving.then(send);
      entering.add(sent);
      const done = (): boolean => entering.delete(sent);
      sent.then(done, done);
      return sent;
    },
    leave: (send) => {
      // Only what is under way now: what comes later waits for this.
      const before = Promise.allSettled(entering);
      const turn = (): Promise<void> =>
        new Promise((resolve) => {
          const cancel = scheduling.after(patienceMs, resolve);
          void before.then(cancel).then(resolve);
        });
      leaving = leaving.then(turn).then(send).then(ignore, ignore);
    },
    isEntering: () => entering.size > 0,
    left: async () => {
      // What was asked for in this turn comes first.
      await null;
      await leaving;
    },
  };
}

/** Does nothing: what failed is no news, or heals by itself. */
export function ignore(): void {}
