/** The events a presence channel carries. Source of every field: semantics § 4. */

import type { State } from "./json.ts";
import type { Channel, UserId } from "./names.ts";

interface EventBase {
  /** The channel the event is about, without `-pnpres`. */
  readonly channel: Channel;
  /** Milliseconds since 1970 when it happened. */
  readonly at: number;
  /** Seats in the channel after the change. */
  readonly occupancy: number;
  /** Which change of the channel it is, within its epoch: an extension, by which rosters notice gaps. */
  readonly revision: number;
  readonly epoch: string;
  /** Changes before it may not have been told, and a summary to come tells of them: an extension, for rosters. */
  readonly isSummedUp?: true;
}

/** A user took a seat; `state` is what had been set for it before it came, when something had: an extension. */
export interface JoinEvent extends EventBase {
  readonly action: "join";
  readonly user: UserId;
  readonly state: State | undefined;
}

/** A user gave up its seat; `state` is what it had, when it had any. */
export interface LeaveEvent extends EventBase {
  readonly action: "leave";
  readonly user: UserId;
  readonly state: State | undefined;
}

/** A seat's time ran out; `state` is what it had, else the empty state. */
export interface TimeoutEvent extends EventBase {
  readonly action: "timeout";
  readonly user: UserId;
  readonly state: State;
}

/** A user's state changed to `state`. */
export interface StateChangeEvent extends EventBase {
  readonly action: "state-change";
  readonly user: UserId;
  readonly state: State;
}

/** A summary of a channel in interval mode. */
export interface IntervalEvent extends EventBase {
  readonly action: "interval";
  /** The lists are only for who asked for details: the policy has no presence deltas. */
  readonly listsNeedDetails?: true;
  readonly joined: readonly UserId[];
  readonly left: readonly UserId[];
  readonly timedOut: readonly UserId[];
  /** The lists were too long to send: read here now instead. */
  readonly hereNowRefresh: boolean;
  /**
   * With `here`, of the users in the lists those who sit there now with their states: what brings a picture of this
   * revision or a later one up to `revision`. Extensions, for rosters.
   */
  readonly sinceRevision?: number;
  readonly here?: ReadonlyMap<UserId, State | undefined>;
}

/** What subscribers of a presence channel are told. */
export type PresenceEvent = JoinEvent | LeaveEvent | TimeoutEvent | StateChangeEvent | IntervalEvent;
