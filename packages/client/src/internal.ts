/** The seam between a core and its rosters: what a roster may ask of the client, and nothing else. Types only. */
import type { CallOptions, Roster, RosterOptions, Subscription } from "./api.ts";
import type { Scheduling } from "./ports.ts";

/** A user on a page of a channel. */
export interface RosterPageOccupant<State> {
  readonly userId: string;
  /** `undefined` when the user has none, or one that does not fit the schema (`onStatus` has said so then). */
  readonly state: State | undefined;
  /** Milliseconds since 1970 when it came; 0 where the server does not say. */
  readonly since: number;
  /** How many of its devices are there; 1 where the server does not say. */
  readonly devices: number;
}

/** One page of a channel, for a roster. */
export interface RosterPage<State> {
  /** With `revision`: up to which change the page is. Both absent against a server that does not say. */
  readonly epoch?: string;
  readonly revision?: number;
  /** Users in the channel, on this page or not. */
  readonly occupancy: number;
  readonly occupants: readonly RosterPageOccupant<State>[];
  /**
   * Ask again with it for the page that follows; absent on the last page. Opaque: against a server that gives none it
   * stands for an offset, which is made here.
   */
  readonly next?: string;
}

/** Which page to fetch. */
export interface RosterPageOptions extends CallOptions {
  readonly channel: string;
  /** From the page before; absent for the first. */
  readonly next?: string | undefined;
}

/** What a roster is told about its subscription. */
export interface ListeningListener {
  /**
   * The poll covers the channel: every change from then on comes as an event. Fetch here now after it, not before. It is
   * called later than `subscribePresence` returns, and again whenever changes may have been missed without a trace: after
   * a new handshake, and after a connection was lost and is back (the server may have restarted, or have dropped what it
   * keeps for catching up). Fetch again then.
   */
  onListening(): void;
  /** All that one answer of the poll had has been delivered. */
  onDelivered(): void;
}

/** What a roster has of the client. */
export interface ClientCore<State> {
  /**
   * Subscribes to a channel's presence: `join` sits in the channel, too, `watch` does not.
   *
   * Unlike a subscription of users, an event with a state that does not fit the schema is delivered, with the state
   * `undefined`, so that no revision is missing.
   */
  subscribePresence(
    channel: string,
    join: "join" | "watch",
    listener: ListeningListener,
  ): Subscription<State, unknown>;
  /** One page of a channel with states. Tried again like every call; rejects with a PresenceError. */
  fetchPage(options: RosterPageOptions): Promise<RosterPage<State>>;
  readonly scheduling: Scheduling;
}

/** What `roster.ts` makes with `shareRosters`: the rosters of one client. */
export interface SharedRosters<State> {
  /** A roster of its own over the channel's shared picture. The name has been checked. */
  open(channel: string, options: RosterOptions): Roster<State>;
  /** Closes all of them; called when the client is closed. Idempotent. */
  close(): void;
}
