/** Who is in a channel, up to which change, and what events do to that. Pure, but for drafts, which nobody else has. */
import type { PresenceEvent, RosterOccupant, RosterSnapshot } from "../api.ts";
import type { RosterPageOccupant } from "../internal.ts";

/** A snapshot, and up to which change it is. */
export interface Picture<State> {
  readonly snapshot: RosterSnapshot<State>;
  /** With `revision`: the latest change heard of. `undefined` while no server has told one. */
  readonly epoch: string | undefined;
  readonly revision: number;
}

/** A picture while it is being made. */
export type Draft<State> = {
  -readonly [Key in keyof RosterSnapshot<State>]: RosterSnapshot<State>[Key];
} & {
  occupants: Map<string, RosterOccupant<State>>;
  epoch: string | undefined;
  revision: number;
};

/** A draft that is done. Where nothing is missing, those who are there are counted; else it is the server's number. */
export function pictureOf<State>({ epoch, revision, ...snapshot }: Draft<State>): Picture<State> {
  if (snapshot.complete) snapshot.occupancy = snapshot.occupants.size;
  return { snapshot, epoch, revision };
}

/** The picture after some events; `undefined` when they change nothing. Before the first answer they do not. */
export function withEvents<State>(
  { snapshot, epoch, revision }: Picture<State>,
  events: readonly PresenceEvent<State>[],
): Picture<State> | undefined {
  const before = { ...snapshot, epoch, revision };
  if (snapshot.at === 0 || events.every((event) => isKnown(before, event))) return undefined;
  // One copy for all of them: what an answer of the poll brings comes together. The occupants themselves are shared.
  const draft = { ...before, occupants: new Map(before.occupants) };
  for (const event of events) play(draft, event);
  return pictureOf(draft);
}

/** Seats a user as a page shows it: as the same object as before, if nothing about it has changed. */
export function seat<State>(
  draft: Draft<State>,
  { userId, state, devices, since }: RosterPageOccupant<State>,
  { before, now }: { readonly before: RosterOccupant<State> | undefined; readonly now: number },
): void {
  const occupant = { state, devices, since: since || before?.since || now };
  const isSame = before && JSON.stringify(before) === JSON.stringify(occupant);
  draft.occupants.set(userId, isSame ? before : occupant);
  // The last who came, since no page says when something happened last.
  draft.at = Math.max(draft.at, occupant.since);
}

/** Plays one event. The draft is complete no longer if this is not the change that follows. */
export function play<State>(draft: Draft<State>, event: PresenceEvent<State>): void {
  if (isKnown(draft, event)) return;
  const { occupants } = draft;
  const { action, at, epoch, revision, occupancy } = event;
  // The first change of a channel that was not there begins its life.
  const isSameLife = epoch === draft.epoch || draft.epoch === "";
  // What is missing before it is told by a summary, which may find this told already.
  const isAhead = event.isSummedUp && isSameLife && revision !== undefined && revision > draft.revision + 1;
  let changes = 1;
  const come = (userId: string, state?: State): void => {
    occupants.set(userId, { state, devices: 1, since: at });
  };
  if (action === "interval") {
    const { here, sinceRevision = Number.POSITIVE_INFINITY } = event;
    const gone = new Set([...event.left, ...event.timedOut]);
    const came = new Set(event.joined);
    // Unless it tells of everything since this picture, something is missing.
    changes = sinceRevision <= draft.revision ? (revision ?? 0) - draft.revision : Number.NaN;
    // Without word of who of them is here, who came and went is where it was before; if it was there, its seat is another.
    const isHere = (userId: string): boolean =>
      event.sinceRevision === undefined
        ? came.has(userId) && (!gone.has(userId) || occupants.has(userId))
        : here.has(userId);
    for (const userId of new Set([...gone, ...came])) {
      if (!isHere(userId)) occupants.delete(userId);
      else if (came.has(userId)) come(userId, here.get(userId));
    }
  } else if (action === "join") come(event.userId, event.state);
  else if (action === "state-change") {
    // Users who are not there can have states, too.
    const before = occupants.get(event.userId);
    if (before) occupants.set(event.userId, { ...before, state: event.state });
  } else occupants.delete(event.userId);
  if (!isAhead) {
    draft.complete &&= isSameLife && revision === draft.revision + changes;
    if (revision !== undefined) Object.assign(draft, { epoch, revision });
  }
  Object.assign(draft, { occupancy, at });
}

type Known<State> = Pick<Draft<State>, "epoch" | "revision"> & Pick<RosterSnapshot<State>, "occupants">;

/** Whether an event tells nothing new: a change that is known, or a number that is right. */
function isKnown<State>({ epoch, revision, occupants }: Known<State>, event: PresenceEvent<State>): boolean {
  if (event.revision !== undefined) return event.epoch === epoch && event.revision <= revision;
  if (event.action !== "interval" || event.hereNowRefresh) return false;
  const { joined, left, timedOut, occupancy } = event;
  return joined.length + left.length + timedOut.length === 0 && occupancy === occupants.size;
}
