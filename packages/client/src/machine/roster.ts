/**
 * A channel's roster: how here now and events become one picture without a race. Pure: it says what is to be under way
 * (a page to fetch, a pause, nothing), and whoever runs it sees to it that this is under way and nothing else.
 *
 * It listens first, then asks page by page, keeping the events that come meanwhile (`merge` puts them together). Events
 * that follow on each other then keep the picture complete. When one is missing, it begins again.
 */
import type { PresenceEvent, RosterSnapshot } from "../api.ts";
import type { RosterPage } from "../internal.ts";
import { merge, type Picture, withEvents } from "./roster-picture.ts";

/** What is to be under way: one thing at a time. Another object is another thing, and ends the one before. */
export type RosterActivity =
  | { readonly type: "rest" }
  /** Fetch a page: the first, or the one that `next` stands for. */
  | { readonly type: "fetch"; readonly next?: string }
  /** Wait, longer with each failure, and begin anew. */
  | { readonly type: "back-off"; readonly failures: number }
  /** The pages are there; wait a while for the events that led up to them. */
  | { readonly type: "catch-up" }
  /** There are no revisions: let what happens settle, then look again. */
  | { readonly type: "settle" };

/** All there is to know about a roster. */
export interface RosterState<State> {
  readonly snapshot: RosterSnapshot<State>;
  readonly picture: Picture<State>;
  readonly activity: RosterActivity;
  /** The walk under way: its pages so far. */
  readonly pages: readonly RosterPage<State>[];
  /** Events that the pages may not have. */
  readonly heard: readonly PresenceEvent<State>[];
  /** How many of `heard` came before the walk began. Kept only for servers without revisions. */
  readonly heardBefore: number;
  /** How often it began again since events last followed on each other. */
  readonly gaps: number;
  /** How often fetching failed in a row. */
  readonly failures: number;
}

/** What can happen. */
export type RosterInput<State> =
  /** From now on every change comes as an event; what happened before may have been missed. */
  | { readonly type: "listening" }
  /** What one answer of the poll brought, in its order. */
  | { readonly type: "events"; readonly events: readonly PresenceEvent<State>[] }
  /** Events were lost, nobody knows which. */
  | { readonly type: "dropped" }
  /** The page was fetched. */
  | { readonly type: "page"; readonly page: RosterPage<State> }
  /** It could not be fetched. */
  | { readonly type: "failed" }
  /** The wait is over. */
  | { readonly type: "waited" };

/** Events kept while pages are fetched. With more it begins again: so many changes outrun the walk. */
export const heardMax = 10_000;

/** Pages of one walk: a million users. */
export const pagesMax = 1_000;

const rest: RosterActivity = { type: "rest" };

/** A roster of which nothing is known. */
export function initialRosterState<State>(channel: string): RosterState<State> {
  const picture: Picture<State> = {
    occupants: new Map(),
    epoch: undefined,
    revision: 0,
    occupancy: 0,
    complete: false,
    at: 0,
  };
  return {
    snapshot: snapshotOf(channel, picture),
    picture,
    activity: rest,
    pages: [],
    heard: [],
    heardBefore: 0,
    gaps: 0,
    failures: 0,
  };
}

/** One step, at `now` in milliseconds since 1970. The snapshot stays the same object when nothing changes for its readers. */
export function stepRoster<State>(
  state: RosterState<State>,
  input: RosterInput<State>,
  now: number,
): RosterState<State> {
  const next = advance(state, input, now);
  const snapshot = snapshotOf(state.snapshot.channel, next.picture);
  return isSame(snapshot, state.snapshot) ? next : { ...next, snapshot };
}

function advance<State>(
  state: RosterState<State>,
  input: RosterInput<State>,
  now: number,
): RosterState<State> {
  switch (input.type) {
    case "listening":
      return walk({ ...state, gaps: 0, failures: 0 });
    case "events":
      return hear(state, input.events, now);
    case "dropped":
      return beginAgain(state);
    case "page":
      return take(state, input.page, now);
    case "failed":
      return backOff({ ...state, failures: state.failures + 1 });
    case "waited":
      return state.activity.type === "catch-up" ? beginAgain(state) : walk(state);
  }
}

/** Asks for the first page. */
function walk<State>(state: RosterState<State>): RosterState<State> {
  return { ...state, activity: { type: "fetch" }, pages: [], heardBefore: state.heard.length };
}

/** Something is missing: at once for the first time, and slower if that goes on. */
function beginAgain<State>(state: RosterState<State>): RosterState<State> {
  const { picture } = state;
  const next = {
    ...state,
    gaps: state.gaps + 1,
    picture: picture.complete ? { ...picture, complete: false } : picture,
  };
  return state.gaps === 0 ? walk(next) : backOff(next);
}

function backOff<State>(state: RosterState<State>): RosterState<State> {
  const { failures, gaps } = state;
  return { ...state, pages: [], activity: { type: "back-off", failures: failures + Math.max(0, gaps - 1) } };
}

function hear<State>(
  state: RosterState<State>,
  events: readonly PresenceEvent<State>[],
  now: number,
): RosterState<State> {
  const picture = withEvents(state.picture, events);
  const isAtRest = state.activity === rest;
  if (isAtRest && state.picture.complete) {
    if (picture === state.picture) return state;
    return picture.complete ? { ...state, picture, gaps: 0 } : beginAgain({ ...state, picture });
  }
  const heard = [...state.heard, ...events];
  const next = { ...state, picture, heard };
  if (heard.length > heardMax) {
    const forgetful = { ...next, heard: [], heardBefore: 0 };
    return isWalking(state) ? beginAgain(forgetful) : forgetful;
  }
  if (isAtRest) {
    const isNews = picture !== state.picture && picture.at > 0;
    return isNews ? { ...next, activity: { type: "settle" } } : next;
  }
  if (isAhead(next)) return arrive(next);
  return state.activity.type === "catch-up" ? conclude(next, now) : next;
}

function take<State>(state: RosterState<State>, page: RosterPage<State>, now: number): RosterState<State> {
  const { picture } = state;
  const { occupancy } = page;
  const pages = [...state.pages, page];
  const next = {
    ...state,
    pages,
    failures: 0,
    picture: picture.complete || picture.occupancy === occupancy ? picture : { ...picture, occupancy },
  };
  // A channel in another life, or a walk without an end.
  if (page.epoch !== pages[0]?.epoch || pages.length > pagesMax) return beginAgain(next);
  if (isAhead(next)) return arrive(next);
  if (page.next !== undefined) return { ...next, activity: { type: "fetch", next: page.next } };
  return conclude(next, now);
}

function isWalking<State>({ activity }: RosterState<State>): boolean {
  return activity.type === "fetch" || activity.type === "catch-up";
}

/** Whether the picture is complete and has all that the first page has, so that there is no need to walk on. */
function isAhead<State>({ picture, pages: [first] }: RosterState<State>): boolean {
  const { complete, epoch, revision } = picture;
  if (!complete || first?.revision === undefined || first.epoch !== epoch) return false;
  // Of the same revision, a single page is taken: it tells the devices.
  return first.revision < revision || (first.revision === revision && first.next !== undefined);
}

function conclude<State>(state: RosterState<State>, now: number): RosterState<State> {
  const { pages, picture } = state;
  const heard = pages[0]?.epoch === undefined ? state.heard : state.heard.slice(state.heardBefore);
  const merged = merge(picture, { pages, heard }, now);
  if (merged === "gap") return beginAgain(state);
  if (merged !== "early") return arrive({ ...state, picture: merged });
  return state.activity.type === "catch-up" ? state : { ...state, activity: { type: "catch-up" } };
}

/** The walk is over. Without revisions, what was heard has to be looked at once more when it has settled. */
function arrive<State>(state: RosterState<State>): RosterState<State> {
  const { picture, heard, heardBefore } = state;
  const isSettled = picture.complete || heard.length === 0;
  return {
    ...state,
    activity: isSettled ? rest : { type: "settle" },
    pages: [],
    heard: picture.complete ? [] : heard.slice(heardBefore),
    heardBefore: 0,
  };
}

function snapshotOf<State>(channel: string, picture: Picture<State>): RosterSnapshot<State> {
  const { occupants, complete, at } = picture;
  return { channel, occupants, occupancy: complete ? occupants.size : picture.occupancy, complete, at };
}

function isSame<State>(one: RosterSnapshot<State>, other: RosterSnapshot<State>): boolean {
  return (
    one.occupants === other.occupants &&
    one.occupancy === other.occupancy &&
    one.complete === other.complete &&
    one.at === other.at
  );
}
