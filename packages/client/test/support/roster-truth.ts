/** What really happened, from the engine itself: who sat in a channel after each of its changes, over all lives of the server. */
import type { Change, Engine } from "@hereabouts/core";
import type { RosterSnapshot } from "../../src/api.ts";

/** A user at one moment. */
interface Seated {
  readonly since: number;
  /** As JSON text. */
  readonly state: string | undefined;
}

/** A moment of a channel: right after a change, or after everything was lost. */
interface Moment {
  readonly change: Change | undefined;
  readonly seats: ReadonlyMap<string, Seated>;
}

/** What happened in one channel. Moments are numbered from 0, when nobody had ever been there. */
export interface ChannelTruth {
  /** The moment right after a change; `undefined` when there was no such change. */
  momentOf(epoch: string, revision: number): number | undefined;
  /** Whether a user came after a moment. */
  hasJoinedAfter(userId: string, moment: number): boolean;
  /** The first moment from `from` on that looks like a complete snapshot; `undefined` when there is none. */
  momentLike(snapshot: RosterSnapshot<object>, from: number): number | undefined;
  /** How many changes there were. */
  readonly changes: number;
}

/** What happened in all channels. */
export interface Truth {
  channel(name: string): ChannelTruth;
  /** Sees to it that what an engine does is recorded, until the next call of `lose`. */
  record(engine: Engine): Engine;
  /** Everything that the engine had is lost, and it is of no interest what it still does. */
  lose(): void;
}

/** Nothing has happened yet. */
export function createTruth(): Truth {
  const channels = new Map<string, Recorder>();
  let life = 0;
  const channel = (name: string): Recorder => {
    let recorder = channels.get(name);
    if (recorder === undefined) {
      recorder = new Recorder();
      channels.set(name, recorder);
    }
    return recorder;
  };
  return {
    channel,
    record: (engine) => {
      const recorded = life;
      return recording(engine, (changes) => {
        if (recorded !== life) return;
        for (const change of changes) channel(change.channel).add(change);
      });
    },
    lose: () => {
      life += 1;
      for (const recorder of channels.values()) recorder.lose();
    },
  };
}

class Recorder implements ChannelTruth {
  readonly #moments: Moment[] = [{ change: undefined, seats: new Map() }];
  readonly #numbers = new Map<string, number>();
  readonly #lastJoins = new Map<string, number>();
  changes = 0;

  add(change: Change): void {
    const seats = new Map(this.#moments.at(-1)?.seats);
    const { kind, user, state, at } = change;
    const before = seats.get(user);
    if (kind === "join") this.#lastJoins.set(user, this.#moments.length);
    if (kind === "join") seats.set(user, { since: at, state });
    else if (kind !== "state-change") seats.delete(user);
    else if (before !== undefined) seats.set(user, { ...before, state });
    this.#numbers.set(`${change.epoch} ${change.revision}`, this.#moments.length);
    this.#moments.push({ change, seats });
    this.changes += 1;
  }

  lose(): void {
    this.#moments.push({ change: undefined, seats: new Map() });
  }

  momentOf(epoch: string, revision: number): number | undefined {
    return this.#numbers.get(`${epoch} ${revision}`);
  }

  hasJoinedAfter(userId: string, moment: number): boolean {
    return (this.#lastJoins.get(userId) ?? 0) > moment;
  }

  momentLike(snapshot: RosterSnapshot<object>, from: number): number | undefined {
    for (let number = from; number < this.#moments.length; number += 1) {
      if (this.#isLike(snapshot, number)) return number;
    }
    return undefined;
  }

  #isLike({ occupants }: RosterSnapshot<object>, number: number): boolean {
    const seats = this.#moments[number]?.seats ?? new Map<string, Seated>();
    for (const [userId, { since, state }] of occupants) {
      const seat = seats.get(userId);
      if (seat?.since !== since || seat.state !== (state && JSON.stringify(state))) return false;
    }
    // Here now shows nobody whose time is up, though the timeout is told a moment later.
    return [...seats.keys()].every((userId) => occupants.has(userId) || this.#ranOut(userId, number));
  }

  /** Whether what happens to a user next, if anything does in this life, is a timeout. */
  #ranOut(userId: string, number: number): boolean {
    for (let later = number + 1; later < this.#moments.length; later += 1) {
      const { change, seats } = this.#moments[later] ?? { change: undefined, seats: new Map() };
      if (change === undefined) return true;
      if (change.user === userId && change.kind !== "state-change") return change.kind === "timeout";
      if (!seats.has(userId)) return false;
    }
    return true;
  }
}

function recording(engine: Engine, told: (changes: readonly Change[]) => void): Engine {
  const { presence } = engine;
  const all = async (changes: Promise<readonly Change[]>): Promise<readonly Change[]> => {
    told(await changes);
    return changes;
  };
  return {
    ticks: engine.ticks,
    log: engine.log,
    groups: engine.groups,
    keysets: engine.keysets,
    close: (now) => engine.close(now),
    presence: {
      touch: async (keyset, request, now) => {
        const touched = await presence.touch(keyset, request, now);
        told(touched.changes);
        return touched;
      },
      leave: (keyset, request, now) => all(presence.leave(keyset, request, now)),
      setState: (keyset, request, now) => all(presence.setState(keyset, request, now)),
      sweep: (keyset, now, limit) => all(presence.sweep(keyset, now, limit)),
      channel: (keyset, channel, page, now) => presence.channel(keyset, channel, page, now),
      occupied: (keyset, limit, now) => presence.occupied(keyset, limit, now),
      user: (keyset, user, now) => presence.user(keyset, user, now),
      states: (keyset, user, channels, now) => presence.states(keyset, user, channels, now),
    },
  };
}
