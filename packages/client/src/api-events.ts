/** What subscriptions yield: something published, and what happens to presence. Types only. */
import type { JsonValue } from "./api.ts";

/** What every event says. */
interface EventBase {
  /** The channel it happened in. */
  readonly channel: string;
  /** The group or wildcard it came by; `undefined` for a channel subscribed to by name. */
  readonly subscription: string | undefined;
  /** Its position. */
  readonly timetoken: string;
}

/** Something published. */
export interface MessageEvent<Message> extends EventBase {
  readonly type: "message" | "signal";
  readonly message: Message;
  /** Who published it, where known. */
  readonly publisher: string | undefined;
  readonly meta: JsonValue | undefined;
  readonly customMessageType: string | undefined;
}

interface PresenceBase extends EventBase {
  readonly type: "presence";
  /** Users in the channel after it. */
  readonly occupancy: number;
  /** Milliseconds since 1970 when it happened. */
  readonly at: number;
  /** With `epoch`: which change of the channel it is. `undefined` against a server that does not say. */
  readonly revision: number | undefined;
  readonly epoch: string | undefined;
  /** The channel is large: comings and goings before this event may be told by the next summary alone. */
  readonly isSummedUp?: true;
}

/** A user came; `state` is what had been set for it before, where the server says. */
export interface JoinEvent<State> extends PresenceBase {
  readonly action: "join";
  readonly userId: string;
  readonly state: State | undefined;
}
/** A user left; `state` is what it had. */
export interface LeaveEvent<State> extends PresenceBase {
  readonly action: "leave";
  readonly userId: string;
  readonly state: State | undefined;
}
/** A user was not heard of any more; `state` is what it had. */
export interface TimeoutEvent<State> extends PresenceBase {
  readonly action: "timeout";
  readonly userId: string;
  readonly state: State | undefined;
}
/** A user's state changed; `undefined` when it was cleared. */
export interface StateChangeEvent<State> extends PresenceBase {
  readonly action: "state-change";
  readonly userId: string;
  readonly state: State | undefined;
}
/** A summary of a large channel, of which comings and goings are not told one by one. */
export interface IntervalEvent<State> extends PresenceBase {
  readonly action: "interval";
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly timedOut: readonly string[];
  /** The lists were too long to send: ask here now instead. */
  readonly hereNowRefresh: boolean;
  /**
   * With `here`: the revision from which on the lists tell everything up to `revision`. `undefined` when they do not, or
   * when the server does not say.
   */
  readonly sinceRevision: number | undefined;
  /** Of the users in the lists, those who are in the channel now, with their states. */
  readonly here: ReadonlyMap<string, State | undefined>;
}

/** What is told of presence. */
export type PresenceEvent<State> =
  | JoinEvent<State>
  | LeaveEvent<State>
  | TimeoutEvent<State>
  | StateChangeEvent<State>
  | IntervalEvent<State>;

/** Whatever a subscription yields. */
export type SubscriptionEvent<State, Message> = MessageEvent<Message> | PresenceEvent<State>;
