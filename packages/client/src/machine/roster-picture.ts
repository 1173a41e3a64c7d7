/**
 * What is known of who is in a channel, and how it changes: by events, and by the pages of here now together with the
 * events heard meanwhile. Pure.
 */
import type { IntervalEvent, PresenceEvent, RosterOccupant } from "../api.ts";
import type { RosterPage, RosterPageOccupant } from "../internal.ts";

/** Who is in a channel, up to which change. */
export interface Picture<State> {
  readonly occupants: ReadonlyMap<string, RosterOccupant<State>>;
  /** With `revision`: the latest change heard of. `undefined` while no server has told one. */
  readonly epoch: string | undefined;
  readonly revision: number;
  /** What the server said last. */
  readonly occupancy: number;
  /** Whether every change up to `revision` is in it. */
  readonly complete: boolean;
  /** Milliseconds since 1970 of the last change; 0 before the first answer. */
  readonly at: number;
}

/** A picture while it is being made: nobody else has it. */
type Draft<State> = { -readonly [Key in keyof Picture<State>]: Picture<State>[Key] } & {
  readonly occupants: Map<string, RosterOccupant<State>>;
};

/** The picture after some events; the same one when it had them all. What did not change is shared. */
export function withEvents<State>(
  picture: Picture<State>,
  events: readonly PresenceEvent<State>[],
): Picture<State> {
  if (events.every((event) => isKnown(picture, event))) return picture;
  // Nobody is shown before the first answer: a few who just came would look like all there are.
  if (picture.at === 0) return { ...picture, occupancy: events.at(-1)?.occupancy ?? 0 };
  // One copy for all of them: answers of the poll are handed over whole.
  const draft = { ...picture, occupants: new Map(picture.occupants) };
  for (const event of events) play(draft, event);
  return draft;
}

/**
 * Puts the pages of one walk and the events heard since it began together: the picture, `early` when some of the events
 * are still on their way, or `gap` when they do not make a whole.
 *
 * Page i shows a part of the channel at revision r(i), and r(1) <= r(2) <= ..., for each was asked for when the one before
 * was there. All pages are laid down, then all events after r(1) are played, up to revision R. When none of them is
 * missing and R is at least that of the last page, this is the channel at R, because every user is right:
 *
 * - Of a user who comes or goes between r(1) and R, all comings and goings are played, and the last one decides, whatever
 *   the pages have of it.
 * - Any other user was there throughout or not at all. Who is there throughout a walk is on one of its pages, which is the
 *   server's promise; who is not there at all is on none. Its state is that of its last state change after r(1), played
 *   last; without one it is what it was throughout.
 *
 * So no page brings back who has left since, and nobody is lost between two pages. A seat whose time is up is on no page
 * although its timeout is told a moment later; that event then finds nobody, which is fine. A state change alone seats
 * nobody: users who are not there can have states, too.
 *
 * Without revisions none of this can be known: the events go over the pages, and the picture is not complete.
 */
export function merge<State>(
  known: Picture<State>,
  walk: { readonly pages: readonly RosterPage<State>[]; readonly heard: readonly PresenceEvent<State>[] },
  now: number,
): Picture<State> | "early" | "gap" {
  const { pages, heard } = walk;
  const [first] = pages;
  const last = pages.at(-1);
  const isRevised = first?.epoch !== undefined && heard.every(({ revision }) => revision !== undefined);
  const draft: Draft<State> = {
    occupants: new Map(),
    epoch: first?.epoch,
    revision: first?.revision ?? 0,
    occupancy: last?.occupancy ?? 0,
    complete: isRevised,
    at: known.at,
  };
  for (const { occupants } of pages) {
    for (const occupant of occupants)
      seat(draft, occupant, { before: known.occupants.get(occupant.userId), now });
  }
  for (const event of heard) play(draft, event);
  // Older than what is known already: an answer out of somebody's cache.
  const isStale = draft.epoch === known.epoch && draft.revision < known.revision;
  if (isRevised && (isStale || !draft.complete)) return "gap";
  if (isRevised && draft.revision < (last?.revision ?? 0)) return "early";
  draft.at ||= now;
  return hasSameOccupants(draft, known) ? { ...draft, occupants: known.occupants } : draft;
}

function hasSameOccupants<State>({ occupants }: Picture<State>, known: Picture<State>): boolean {
  if (occupants.size !== known.occupants.size) return false;
  for (const [userId, occupant] of occupants) if (known.occupants.get(userId) !== occupant) return false;
  return true;
}

/** Whether an event tells nothing new. */
function isKnown<State>(
  { epoch, revision, occupants }: Picture<State>,
  event: PresenceEvent<State>,
): boolean {
  if (event.revision !== undefined) return event.epoch === epoch && event.revision <= revision;
  const isCount = event.action === "interval" && !event.hereNowRefresh && changesIn(event) === 0;
  return isCount && event.occupancy === occupants.size;
}

function play<State>(draft: Draft<State>, event: PresenceEvent<State>): void {
  if (isKnown(draft, event)) return;
  const { occupants } = draft;
  const { epoch, revision, at } = event;
  if (event.action === "interval") playInterval(occupants, event);
  else if (event.action === "join") {
    occupants.set(event.userId, { state: event.state, devices: 1, since: at });
  } else if (event.action === "state-change") {
    // States of users who are not here are told, too.
    const before = occupants.get(event.userId);
    if (before !== undefined) occupants.set(event.userId, { ...before, state: event.state });
  } else occupants.delete(event.userId);
  // The first change of a channel that was not there begins a life of its own.
  const isSameLife = epoch === draft.epoch || draft.epoch === "";
  const isNext = revision === draft.revision + (event.action === "interval" ? changesIn(event) : 1);
  draft.complete &&= isSameLife && isNext;
  if (revision !== undefined) {
    draft.epoch = epoch;
    draft.revision = revision;
  }
  draft.occupancy = event.occupancy;
  draft.at = at;
}

function changesIn({ joined, left, timedOut }: IntervalEvent): number {
  return joined.length + left.length + timedOut.length;
}

/** Who came and went in the same interval is where it was before, but for its seat, if it has one, being another. */
function playInterval<State>(occupants: Map<string, RosterOccupant<State>>, event: IntervalEvent): void {
  const gone = new Set([...event.left, ...event.timedOut]);
  const came = new Set(event.joined);
  for (const userId of gone) if (!came.has(userId)) occupants.delete(userId);
  for (const userId of came) {
    if (occupants.has(userId) === gone.has(userId)) {
      occupants.set(userId, { state: undefined, devices: 1, since: event.at });
    }
  }
}

/** Seats a user as a page shows it, as the same object as before when it is the same. */
function seat<State>(
  draft: Draft<State>,
  { userId, state, devices, since }: RosterPageOccupant<State>,
  { before, now }: { readonly before: RosterOccupant<State> | undefined; readonly now: number },
): void {
  const occupant = { state, devices, since: since || before?.since || now };
  const isSame =
    before?.since === occupant.since &&
    before.devices === devices &&
    JSON.stringify(before.state) === JSON.stringify(state);
  draft.occupants.set(userId, isSame ? before : occupant);
  draft.at = Math.max(draft.at, occupant.since);
}
