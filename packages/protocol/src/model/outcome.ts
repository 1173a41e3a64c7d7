/** What a command results in, before it is written for the wire. */
import type { CommandKind } from "./command.ts";
import type { JsonText, State } from "./json.ts";
import type { Channel, Group, UserId } from "./names.ts";
import type { PagePlace } from "./page-place.ts";
import type { PresenceEvent } from "./presence-event.ts";
import type { Timetoken } from "./timetoken.ts";

interface ItemBase {
  readonly timetoken: Timetoken;
  /** The channel it was published on: `a-pnpres` for presence. */
  readonly channel: Channel;
}

/** A published message or signal, as subscribers see it. */
export interface MessageItem extends ItemBase {
  readonly kind: "message" | "signal";
  readonly publisher: UserId | undefined;
  readonly payload: JsonText;
  readonly meta: JsonText | undefined;
  readonly customMessageType: string | undefined;
  readonly sequence: number;
  readonly origin: Timetoken | undefined;
}

/** A presence event, as subscribers see it. */
export interface PresenceItem extends ItemBase {
  readonly kind: "presence";
  readonly event: PresenceEvent;
  /** Whether the envelope carries the `pn_*` metadata, on which filters work. */
  readonly metadata: boolean;
}

/** One thing delivered to subscribers. Shared between all who receive it: never changed after it is made. */
export type Item = MessageItem | PresenceItem;

/** An item and why this subscriber got it. */
export interface Delivery {
  readonly item: Item;
  /** `b` of the envelope: the channel, group or wildcard subscribed to; absent for a sole direct subscription. */
  readonly match: string | undefined;
}

/** What a subscriber receives: items, oldest first, and the cursor to continue from. */
export interface SubscribeOutcome {
  readonly cursor: Timetoken;
  readonly deliveries: readonly Delivery[];
  /** Whether to say that the client may open a stream from this cursor. Default no. */
  readonly offersStream?: true;
}

/** A user in a channel. */
export interface Occupant {
  readonly user: UserId;
  readonly state: State | undefined;
  /** Milliseconds since 1970 when it took its seat. */
  readonly since: number;
  /** How many of its devices hold the seat; clients that name none count as one together. */
  readonly devices: number;
}

/**
 * Neighbours on a page: a stretch of a list that other pages may share, so that what is written of the list can be kept
 * with it. The list is never changed after it is made.
 */
export interface OccupantRun {
  readonly list: readonly Occupant[];
  /** The first of them in the list. */
  readonly from: number;
  /** The first that is none of them any more. */
  readonly to: number;
}

/** One channel of a here now answer. Shared between answers while the channel stays unchanged. */
export interface ChannelOccupancy {
  readonly channel: Channel;
  /** Seats in the channel, whatever the page. */
  readonly occupancy: number;
  /** New when the channel's history was lost; with `revision` it tells whether two views are the same. */
  readonly epoch: string;
  /** Changes in the channel since its epoch began. */
  readonly revision: number;
  readonly occupants: readonly Occupant[];
  /** The same occupants once more, where the engine shows large channels by shared lists. */
  readonly runs?: readonly OccupantRun[];
  /** Where the next page begins; `undefined` when this is the last. */
  readonly next: PagePlace | undefined;
}

/** Here now of channels or of the whole keyset. */
export interface HereNowOutcome {
  readonly channels: readonly ChannelOccupancy[];
  /** Channels with occupants, also those past a bound of the answer. */
  readonly totalChannels: number;
  /** Seats in all of them. */
  readonly totalOccupancy: number;
}

/** The result of each kind of command. */
export interface Outcomes {
  readonly time: { readonly now: Timetoken };
  readonly subscribe: SubscribeOutcome;
  readonly heartbeat: undefined;
  readonly leave: undefined;
  readonly "here-now": HereNowOutcome;
  readonly "global-here-now": HereNowOutcome;
  readonly "where-now": { readonly channels: readonly Channel[] };
  readonly "set-state": undefined;
  /** States in the order of the channels asked for, groups expanded. */
  readonly "get-state": { readonly states: ReadonlyMap<Channel, State | undefined> };
  readonly "list-groups": { readonly groups: readonly Group[] };
  readonly "list-group": { readonly channels: readonly Channel[] };
  readonly "change-group": undefined;
  readonly "delete-group": undefined;
  readonly publish: { readonly timetoken: Timetoken };
  readonly signal: { readonly timetoken: Timetoken };
  readonly preflight: undefined;
}

/** The result of a command of a kind. */
export type OutcomeOf<Kind extends CommandKind> = Outcomes[Kind];
