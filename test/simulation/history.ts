/** What is written down while a world runs, and all that the checkers see of it: plain data. */
import type { Change, IntervalNotice, LeaveRequest, SeatRequest, Summing } from "@hereabouts/core";

/** Milliseconds of the true time, and the director's step in which it happened. */
export interface Moment {
  readonly at: number;
  readonly step: number;
}

/** One thing subscribers are told. */
export interface Told {
  readonly timetoken: string;
  /** As on the wire: of presence, the presence channel. */
  readonly channel: string;
  /** What it is, in few words: two that differ in anything that matters differ in this. */
  readonly what: string;
}

/** One entry of the engine's log, read as soon as it was there. */
export interface Entry extends Told, Moment {
  readonly change: Change | undefined;
  readonly interval?: IntervalNotice;
}

/** One verb of the presence store, as it reached the engine. */
export interface Verb extends Moment {
  readonly node: string;
  /** What the node took for the time. */
  readonly now: number;
  readonly touch?: SeatRequest;
  readonly leave?: LeaveRequest;
  readonly changes: readonly Change[];
}

/** A touch or a leave of which only is known between which times it may have been done, in whole or in part. */
export interface Attempt {
  readonly node: string;
  /** What the node took for the time. */
  readonly now: number;
  readonly from: number;
  /** Infinite while the node has not heard of it, and when it never did. */
  to: number;
  /** Whether the node was told that it was done. */
  isCertain: boolean;
  readonly touch?: SeatRequest;
  readonly leave?: LeaveRequest;
}

/** What a request's target says. */
export interface Asked {
  readonly kind: string;
  readonly user: string | undefined;
  readonly device: string | undefined;
  /** Presence channels are left out, groups are expanded. */
  readonly channels: readonly string[];
  readonly timeoutMs: number | undefined;
}

/** A request as a client sees it. */
export interface RequestRecord extends Moment, Asked {
  readonly client: string;
  /** `undefined` while nothing has come of it. */
  settledAt: number | undefined;
}

/** A request, or a copy of one, as a node sees it: `at` is when it arrived. */
export interface Served extends Moment, Asked {
  readonly node: string;
  readonly sentAt: number;
  /** How far the node's clock may have been behind while it worked on it. */
  lagMs: number;
  answeredAt: number | undefined;
  status: number | undefined;
  /** When the node went away before it answered. */
  resetAt: number | undefined;
  /** When the node heard that the client had closed the connection, also after its answer. */
  closedAt: number | undefined;
}

/** Somebody who keeps polling. */
export interface SubscriberRecord {
  readonly name: string;
  /** Channels and presence channels, groups expanded; a wildcard `a.*` stands for itself. */
  readonly topics: readonly string[];
  /** It must be told everything after this timetoken; `undefined` when only the time is known. */
  from: string | undefined;
  /** It must be told everything that happened after this time. Infinite when it never got so far. */
  since: number;
  /** It must have been told everything up to here; `undefined`: everything there is. */
  to: string | undefined;
  readonly got: Told[];
}

/** Users of a channel, each with its state as JSON text, `{}` when there is none. */
export type Users = ReadonlyMap<string, string>;

/** A channel as somebody says it is. */
export interface Picture {
  readonly who: string;
  readonly channel: string;
  readonly users: Users;
  readonly occupancy: number;
  /** Epoch and revision, where they are said. */
  readonly revision: string | undefined;
}

/** A moment at which nothing has happened for long enough. */
export interface Quiet extends Moment {
  /** How many entries the log had. */
  readonly entries: number;
  /** By the engine itself. */
  readonly engine: readonly Picture[];
  /** By here now, from every node. */
  readonly hereNow: readonly Picture[];
  /** By the rosters of the clients; `isComplete` is what they say of themselves. */
  readonly rosters: readonly (Picture & { readonly isComplete: boolean })[];
  /** The last timetoken that each subscriber was told of, by its name; those who have been told of something. */
  readonly told: ReadonlyMap<string, string>;
  /** Channels of a user, by where now. */
  readonly whereNow: ReadonlyMap<string, readonly string[]>;
}

/** How much there is of everything at a moment. */
export interface Gauge extends Moment {
  /** Polls held by nodes that are there. */
  readonly heldPolls: number;
  /** Subscribe requests that clients have out. */
  readonly openPolls: number;
  /** Watches of nodes that are there. */
  readonly watches: number;
  readonly timers: number;
  readonly engineCalls: number;
  readonly isClosed: boolean;
}

/** A stretch of time. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a world was like, as far as the checkers have to know. */
export interface Terms {
  /** How far a well node's clock may be from the true time. */
  readonly skewMs: number;
  /** How late a seat may end while some node can reach the engine. */
  readonly sweepLateMs: number;
  /** How long a poll is held. */
  readonly holdMs: number;
  /** How long an answer may take besides. */
  readonly answerMs: number;
  readonly defaultTimeoutMs: number;
  /** Clients of all kinds. */
  readonly clients: number;
  readonly nodes: number;
  /** After how long closing a poll leaves; `undefined` when it does not. */
  readonly graceMs: number | undefined;
  /** Whether every node hears soon what others give up because a connection closed. */
  readonly hearsOfCloses: boolean;
  /** How large channels are summed up; `undefined` where everything is told change by change. */
  readonly summing: Summing | undefined;
}

/** A world's whole story. */
export interface History {
  readonly terms: Terms;
  readonly entries: readonly Entry[];
  readonly verbs: readonly Verb[];
  /** In the place of verbs, where it is not known what each did and when. */
  readonly attempts?: readonly Attempt[];
  readonly requests: readonly RequestRecord[];
  readonly served: readonly Served[];
  readonly subscribers: readonly SubscriberRecord[];
  readonly quiets: readonly Quiet[];
  readonly gauges: readonly Gauge[];
  /** When no node could reach the engine. */
  readonly unable: readonly Span[];
  /** When a node did nothing, by its name. */
  readonly frozen: ReadonlyMap<string, readonly Span[]>;
  /** What nodes said in their logs that no node may say. */
  readonly complaints: readonly (Moment & { readonly text: string })[];
  readonly end: Moment;
}

/** Something that must not be. */
export interface Problem {
  readonly checker: string;
  readonly step: number;
  readonly message: string;
}

/** Looks at a history for one kind of problem. */
export type Checker = (history: History) => readonly Problem[];

/** How much of `spans` lies between two times, in milliseconds. */
export function overlapMs(spans: readonly Span[], from: number, to: number): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0);
}
