/** Events and pages as a roster gets them, in one line each. */
import type { IntervalEvent, PresenceEvent } from "../../src/api.ts";
import type { RosterPage } from "../../src/internal.ts";
import {
  initialRosterState,
  type RosterInput,
  type RosterState,
  stepRoster,
} from "../../src/machine/roster.ts";

/** The state of users in these tests. */
export interface Mood {
  readonly mood: string;
}

/** What differs from an event at revision 1 of the epoch `e`. */
export interface Told {
  readonly revision?: number | undefined;
  readonly epoch?: string | undefined;
  readonly occupancy?: number;
  /** Default: a thousand times the revision. */
  readonly at?: number;
  /** Whether the channel is large. Default no. */
  readonly isSummedUp?: true;
}

/** When everything happens, for the machine. */
export const now = 5_000_000;

const base = ({ revision = 1, epoch = "e", occupancy = 0, at = revision * 1_000, isSummedUp }: Told) => ({
  type: "presence" as const,
  channel: "room",
  subscription: undefined,
  timetoken: "17000000000000000",
  occupancy,
  at,
  revision,
  epoch,
  ...(isSummedUp && { isSummedUp }),
});

/** A user came, perhaps to a state that was set before. */
export function join(userId: string, told: Told & { readonly mood?: string } = {}): PresenceEvent<Mood> {
  const { mood } = told;
  return { ...base(told), action: "join", userId, state: mood === undefined ? undefined : { mood } };
}

/** A user left. */
export function leave(userId: string, told: Told = {}): PresenceEvent<Mood> {
  return { ...base(told), action: "leave", userId, state: undefined };
}

/** A user was not heard of any more. */
export function timeout(userId: string, told: Told = {}): PresenceEvent<Mood> {
  return { ...base(told), action: "timeout", userId, state: undefined };
}

/** A user's state changed. */
export function moved(userId: string, mood: string | undefined, told: Told = {}): PresenceEvent<Mood> {
  return { ...base(told), action: "state-change", userId, state: mood === undefined ? undefined : { mood } };
}

/** A summary. */
export function interval(
  lists: Partial<
    Pick<IntervalEvent<Mood>, "joined" | "left" | "timedOut" | "hereNowRefresh" | "sinceRevision">
  > & {
    /** Who of them is here. */
    readonly here?: Readonly<Record<string, Mood | undefined>>;
  },
  told: Told = {},
): PresenceEvent<Mood> {
  const nobody = { joined: [], left: [], timedOut: [], hereNowRefresh: false, sinceRevision: undefined };
  const here = new Map(Object.entries(lists.here ?? {}));
  return { ...base(told), action: "interval", ...nobody, ...lists, here };
}

/** The same event as a server without revisions tells it. */
export function unrevised(event: PresenceEvent<Mood>): PresenceEvent<Mood> {
  return { ...event, revision: undefined, epoch: undefined };
}

/** A page at a revision of the epoch `e`: users that came at 500, without states, on one device. */
export function page(
  users: readonly string[],
  told: {
    readonly revision: number;
    readonly epoch?: string;
    readonly next?: string;
    readonly occupancy?: number;
  },
): RosterPage<Mood> {
  const { revision, epoch = "e", next, occupancy = users.length } = told;
  const occupants = users.map((userId) => ({ userId, state: undefined, since: 500, devices: 1 }));
  return { epoch, revision, occupancy, occupants, ...(next !== undefined && { next }) };
}

/** A page of a server without revisions, which says neither since when nor on how many devices. */
export function barePage(users: readonly string[], next?: string): RosterPage<Mood> {
  const occupants = users.map((userId) => ({ userId, state: undefined, since: 0, devices: 1 }));
  return { occupancy: users.length, occupants, ...(next !== undefined && { next }) };
}

/** The state after some inputs. */
export function after(...inputs: readonly RosterInput<Mood>[]): RosterState<Mood> {
  return feed(initialRosterState<Mood>("room"), ...inputs);
}

/** The state after some more inputs. */
export function feed(state: RosterState<Mood>, ...inputs: readonly RosterInput<Mood>[]): RosterState<Mood> {
  return inputs.reduce<RosterState<Mood>>((before, input) => stepRoster(before, input, now), state);
}

/** Inputs by their names. */
export const listening: RosterInput<Mood> = { type: "listening" };
export const failed: RosterInput<Mood> = { type: "failed" };
export const waited: RosterInput<Mood> = { type: "waited" };
export const events = (...told: readonly PresenceEvent<Mood>[]): RosterInput<Mood> => ({
  type: "events",
  events: told,
});
export const fetched = (told: RosterPage<Mood>): RosterInput<Mood> => ({ type: "page", page: told });

/** What a reader sees, as a plain value. */
export function seen({ snapshot }: RosterState<Mood>): {
  readonly users: readonly string[];
  readonly occupancy: number;
  readonly complete: boolean;
} {
  const { occupants, occupancy, complete } = snapshot;
  return { users: [...occupants.keys()].sort(), occupancy, complete };
}
