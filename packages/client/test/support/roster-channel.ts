/** A channel as a server keeps it, small enough to be right at sight: seats, changes, a short log, pages, restarts. */
import type { PresenceEvent } from "../../src/api.ts";
import type { RosterPage } from "../../src/internal.ts";

/** The state that users of this channel have. */
export interface Mood {
  readonly mood: number;
}

/** A user at one revision. */
export interface Seated {
  readonly since: number;
  readonly state: Mood | undefined;
}

/** A user's place; `isDue` when its time is up and its timeout not told yet. */
interface Place extends Seated {
  readonly order: number;
  isDue: boolean;
}

/** Where in the lives of a channel something happened. */
export interface Position {
  readonly epoch: string;
  readonly revision: number;
}

/** An event of the channel. */
export type Told = PresenceEvent<Mood>;

/** One channel. Its clock counts changes. */
export interface ChannelModel {
  join(userId: string): void;
  /** Ends a seat; `timeout` is what ends one that is due. */
  end(userId: string): void;
  setState(userId: string, mood: number | undefined): void;
  /** From now on the user is on no page, though its end is not told. */
  comeDue(userId: string): void;
  /** Loses everything: seats, log, epoch. */
  kill(): void;
  seated(): readonly string[];
  page(limit: number, next?: string): RosterPage<Mood>;
  /** Events after a position of the log, the oldest of which may be gone. */
  read(after: number): { readonly events: readonly Told[]; readonly cursor: number };
  /** The end of the log. */
  cursor(): number;
  position(): Position;
  /** Who was there right after a change, also in former lives. */
  at(position: Position): ReadonlyMap<string, Seated> | undefined;
  /** A number that rises from change to change, over all lives. */
  place(position: Position): number;
  /** Whether the user came after this place, over all lives. */
  hasJoinedAfter(userId: string, place: number): boolean;
  /** Whether the user's seat of that beginning has ever come due. */
  cameDue(userId: string, since: number): boolean;
}

interface Happened extends Position {
  readonly action: Told["action"];
  readonly userId: string;
}

/** Makes a channel that nobody has ever been in; `logMax` events are kept for catching up. */
export function createChannelModel(logMax: number): ChannelModel {
  const seats = new Map<string, Place>();
  /** States of users who are not there: their next join finds them. */
  const waiting = new Map<string, Mood | undefined>();
  const history = new Map<string, ReadonlyMap<string, Seated>>();
  const happened: Happened[] = [];
  const places = new Map<string, number>();
  const due = new Set<string>();
  let log: Told[] = [];
  /** Log entries that are gone. */
  let dropped = 0;
  let lives = 0;
  let order = 0;
  let position: Position = { epoch: "", revision: 0 };
  const record = (): void => {
    places.set(key(position), happened.length);
    history.set(
      key(position),
      new Map([...seats].map(([userId, { since, state }]) => [userId, { since, state }])),
    );
  };
  record();

  const tell = (
    action: "join" | "leave" | "timeout" | "state-change",
    userId: string,
    state?: Mood,
  ): void => {
    if (position.epoch === "") {
      lives += 1;
      position = { epoch: `life-${lives}`, revision: 0 };
    }
    position = { epoch: position.epoch, revision: position.revision + 1 };
    happened.push({ action, userId, ...position });
    record();
    const base = {
      type: "presence" as const,
      channel: "room",
      subscription: undefined,
      timetoken: "0",
      occupancy: seats.size,
      at: happened.length,
      ...position,
    };
    log.push({ ...base, action, userId, state });
    while (log.length > logMax) {
      log.shift();
      dropped += 1;
    }
  };

  return {
    join: (userId) => {
      if (seats.has(userId)) return;
      order += 1;
      const state = waiting.get(userId);
      waiting.delete(userId);
      seats.set(userId, { since: happened.length + 1, state, order, isDue: false });
      tell("join", userId, state);
    },
    end: (userId) => {
      const seat = seats.get(userId);
      if (seat === undefined) return;
      seats.delete(userId);
      tell(seat.isDue ? "timeout" : "leave", userId, seat.state);
    },
    setState: (userId, mood) => {
      const seat = seats.get(userId);
      const state = mood === undefined ? undefined : { mood };
      if (seat?.isDue) return;
      if (seat !== undefined) seats.set(userId, { ...seat, state });
      else waiting.set(userId, state);
      tell("state-change", userId, state);
    },
    comeDue: (userId) => {
      const seat = seats.get(userId);
      if (seat === undefined) return;
      seat.isDue = true;
      due.add(`${userId} ${seat.since}`);
    },
    kill: () => {
      seats.clear();
      waiting.clear();
      dropped += log.length;
      log = [];
      position = { epoch: "", revision: 0 };
      record();
    },
    seated: () => [...seats].filter(([, { isDue }]) => !isDue).map(([userId]) => userId),
    page: (limit, next) => {
      const after = Number(next ?? 0);
      const left = [...seats].filter(([, seat]) => !seat.isDue && seat.order > after);
      const listed = left.slice(0, limit);
      const last = listed.at(-1);
      return {
        ...position,
        occupancy: [...seats.values()].filter(({ isDue }) => !isDue).length,
        occupants: listed.map(([userId, { since, state }]) => ({ userId, since, state, devices: 1 })),
        ...(left.length > limit && last !== undefined && { next: String(last[1].order) }),
      };
    },
    read: (after) => ({ events: log.slice(Math.max(0, after - dropped)), cursor: dropped + log.length }),
    cursor: () => dropped + log.length,
    position: () => position,
    at: (where) => history.get(key(where)),
    place: (where) => places.get(key(where)) ?? Number.NaN,
    hasJoinedAfter: (userId, place) =>
      happened.slice(place).some((change) => change.action === "join" && change.userId === userId),
    cameDue: (userId, since) => due.has(`${userId} ${since}`),
  };
}

function key({ epoch, revision }: Position): string {
  return `${epoch} ${revision}`;
}
