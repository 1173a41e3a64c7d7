/**
 * A channel's roster: how here now and events become one picture without a race. Pure: it says what is to be under way
 * (a page to fetch, a wait, nothing), and whoever runs it sees to it that this is under way and nothing else.
 *
 * It listens first, then walks through the pages of here now and keeps the events that come meanwhile. When both are put
 * together, events that follow on each other keep the picture complete. When something is missing, it begins again.
 */
import type { PresenceEvent } from "../api.ts";
import type { RosterPage } from "../internal.ts";
import { type Draft, type Picture, pictureOf, play, seat, withEvents } from "./roster-picture.ts";

/** What is to be under way: one thing at a time. Another object is another thing, and ends the one before. */
export type RosterActivity =
  | { readonly type: "rest" }
  /** Fetch a page: the first, or the one that `next` stands for. */
  | { readonly type: "fetch"; readonly next?: string | undefined }
  /** Wait so long; without `ms` as long as one waits after so many `tries`. */
  | { readonly type: "wait"; readonly ms?: number };

/** All there is to know about a roster. */
export interface RosterState<State> extends Picture<State> {
  readonly activity: RosterActivity;
  /** The walk under way: its pages so far. */
  readonly pages: readonly RosterPage<State>[];
  /** The events since it began. */
  readonly heard: readonly PresenceEvent<State>[];
  /** How often it failed or had to begin again since events last followed on each other. */
  readonly tries: number;
}

/** What can happen. */
export type RosterInput<State> =
  /** From now on every change comes as an event; what happened before may have been missed. */
  | { readonly type: "listening" }
  /** What one answer of the poll brought, in its order. */
  | { readonly type: "events"; readonly events: readonly PresenceEvent<State>[] }
  /** The page was fetched. */
  | { readonly type: "page"; readonly page: RosterPage<State> }
  /** It could not be fetched. */
  | { readonly type: "failed" }
  /** The wait is over. */
  | { readonly type: "waited" };

/** Events kept during a walk. With more it begins again: so many changes outrun it. */
export const heardMax = 10_000;

/** Pages of one walk: a million users. */
export const pagesMax = 1_000;

/**
 * How long the events that led up to a page may take: they are answers of a poll that is under way, or, in a large channel,
 * in its next summary, which comes every ten seconds unless the policy says otherwise.
 */
export const catchUpMs = 15_000;

/**
 * How long nothing must have happened, against a server without revisions, before it is asked again: longer than servers
 * keep answers of here now. PubNub keeps them for three seconds.
 */
export const settleMs = 4_000;

/** A roster of which nothing is known. */
export function initialRosterState<State>(channel: string): RosterState<State> {
  return {
    snapshot: { channel, occupants: new Map(), occupancy: 0, complete: false, at: 0 },
    epoch: undefined,
    revision: 0,
    activity: { type: "rest" },
    pages: [],
    heard: [],
    tries: 0,
  };
}

/** One step, at `now` in milliseconds since 1970. The snapshot stays the same object when nothing changes in it. */
export function stepRoster<State>(
  state: RosterState<State>,
  input: RosterInput<State>,
  now: number,
): RosterState<State> {
  switch (input.type) {
    case "listening":
      return (isBare(state) ? settle : walk)({ ...state, tries: 0 });
    case "events":
      return hear(state, input.events, now);
    case "page":
      return take(state, input.page, now);
    case "failed":
      return pause(state);
    case "waited":
      return state.pages.length > 0 ? beginAgain(state) : walk(state);
  }
}

/** Whether the server has answered, and gives no revisions. */
export function isBare<State>({ snapshot, epoch }: RosterState<State>): boolean {
  return snapshot.at > 0 && epoch === undefined;
}

function settle<State>(state: RosterState<State>): RosterState<State> {
  return { ...state, activity: { type: "wait", ms: settleMs }, pages: [], heard: [] };
}

function walk<State>(state: RosterState<State>): RosterState<State> {
  return { ...state, activity: { type: "fetch" }, pages: [], heard: [] };
}

function pause<State>(state: RosterState<State>): RosterState<State> {
  return { ...state, activity: { type: "wait" }, pages: [], heard: [], tries: state.tries + 1 };
}

/** Something is missing: walks at once for the first time, and later and later if that goes on. */
function beginAgain<State>(state: RosterState<State>): RosterState<State> {
  const { snapshot, tries } = state;
  const next = snapshot.complete ? { ...state, snapshot: { ...snapshot, complete: false } } : state;
  return tries === 0 ? walk({ ...next, tries: 1 }) : pause(next);
}

/** The walk is over. */
function arrive<State>(state: RosterState<State>): RosterState<State> {
  return { ...state, activity: { type: "rest" }, pages: [], heard: [] };
}

function hear<State>(
  state: RosterState<State>,
  events: readonly PresenceEvent<State>[],
  now: number,
): RosterState<State> {
  const { snapshot, activity } = state;
  const picture = withEvents(state, events);
  const next = { ...state, ...picture };
  if (activity.type === "fetch" || state.pages.length > 0) {
    const heard = [...state.heard, ...events];
    return heard.length > heardMax ? beginAgain(next) : conclude({ ...next, heard }, now);
  }
  if (!picture) return state;
  if (activity.type === "wait" && activity.ms === undefined) return next;
  if (picture.snapshot.complete) return { ...next, tries: 0 };
  return snapshot.complete ? beginAgain(next) : settle(next);
}

function take<State>(state: RosterState<State>, page: RosterPage<State>, now: number): RosterState<State> {
  const { snapshot } = state;
  const { occupancy, epoch, revision = 0, next } = page;
  const pages = [...state.pages, page];
  const before = state.pages.at(-1);
  const isRight = snapshot.complete || snapshot.occupancy === occupancy;
  const walked: RosterState<State> = {
    ...state,
    snapshot: isRight ? snapshot : { ...snapshot, occupancy },
    activity: { type: "fetch", next },
    pages,
  };
  // A channel in another life, an answer out of somebody's cache, or a walk without an end.
  const isLost =
    before && (epoch !== before.epoch || revision < (before.revision ?? 0) || pages.length > pagesMax);
  return isLost ? beginAgain(walked) : conclude(walked, now);
}

/**
 * Puts the pages of a walk and the events since it began together, as soon as that can be done.
 *
 * Page i shows a part of the channel at revision r(i), and r(1) <= r(2) <= ... (or the walk has begun again). All pages are laid down, then all events after r(1) are played, up to revision R. When none of them is
 * missing and R is at least that of the last page, this is the channel at R, because every user is right:
 *
 * - Of a user who comes or goes between r(1) and R, all comings and goings are played, and the last one decides, whatever
 *   the pages have of it.
 * - Any other user was there throughout or not at all. Who is there throughout a walk is on one of its pages, which is the
 *   server's promise; who is not there at all is on none. Its state is that of its last state change after r(1), played
 *   last; without one it is what it was throughout.
 *
 * So no page brings back who has left since, and nobody is lost between two pages. A seat whose time is up is on no page
 * although its timeout is told a moment later; that event then finds nobody, which is fine.
 *
 * Without revisions none of this can be known: the events go over the pages, and the picture is not complete.
 */
function conclude<State>(state: RosterState<State>, now: number): RosterState<State> {
  const { snapshot, epoch, revision, pages, heard, activity } = state;
  const [first] = pages;
  const last = pages.at(-1);
  if (!first || !last) return state;
  const start = first.revision ?? 0;
  // All that the first page has is there already: no need to walk on.
  if (snapshot.complete && first.epoch === epoch && start <= revision) return arrive(state);
  if (last.next) return state;

  const { occupants } = snapshot;
  const isRevised = first.epoch !== undefined;
  const draft: Draft<State> = {
    ...snapshot,
    occupants: new Map(),
    occupancy: last.occupancy,
    complete: isRevised,
    epoch: first.epoch,
    revision: start,
  };
  for (const page of pages) {
    for (const occupant of page.occupants)
      seat(draft, occupant, { before: occupants.get(occupant.userId), now });
  }
  draft.at ||= now;
  for (const event of heard) play(draft, event);
  if (isRevised) {
    // Older than what is known: an answer out of somebody's cache.
    const isStale = draft.epoch === epoch && draft.revision < revision;
    if (isStale || !draft.complete) return beginAgain(state);
    if (draft.revision < (last.revision ?? 0)) {
      return activity.type === "wait" ? state : { ...state, activity: { type: "wait", ms: catchUpMs } };
    }
  }
  const done = { ...state, ...pictureOf(draft) };
  return isRevised || heard.length === 0 ? arrive(done) : settle(done);
}
