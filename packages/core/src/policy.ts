/** A keyset and its policy: settings with their defaults. What values they may have is told by `policy-problems.ts`. */
import {
  type Channel,
  type PresenceEvent,
  type PublishKey,
  presenceTimeoutSecondsMax,
  presenceTimeoutSecondsMin,
  type SubscribeKey,
} from "@hereabouts/protocol";
import { channelsPerGroupDefault } from "./limits.ts";

/** What a presence event says. */
export type PresenceAction = PresenceEvent["action"];

/** Everything that a presence event may say, in the order of the specification. */
export const presenceActions: readonly PresenceAction[] = [
  "join",
  "leave",
  "timeout",
  "state-change",
  "interval",
];

/** The settings that a rule may set for its channels. */
export interface ChannelSettings {
  /** Seats up to which every join, leave and timeout is told; above it channels are summed up. 0-10000, default 20. */
  readonly announceMax: number;
  /** Seconds between two summaries of a channel. 1-3600, default 10. */
  readonly intervalSeconds: number;
  /** Whether summaries name who joined, left and timed out. Default false. */
  readonly presenceDeltas: boolean;
  /**
   * Seconds without a renewal after which a seat ends, for requests that do not say. 1-3600, default 300; from
   * `presenceTimeoutSecondsMin` to `presenceTimeoutSecondsMax`.
   */
  readonly presenceTimeoutSeconds: number;
  /** The least that a request gets when it says. 1-3600, default 1; not more than `presenceTimeoutSecondsMax`. */
  readonly presenceTimeoutSecondsMin: number;
  /** The most that a request gets when it says. 1-3600, default 3600. */
  readonly presenceTimeoutSecondsMax: number;
  /** Seconds after an explicit leave during which a returning poll does not join again. 0-60, default 2. */
  readonly debounceSeconds: number;
  /** Whether a client that closes the connection of a waiting poll gives its seats up. Default false. */
  readonly leaveOnDisconnect: boolean;
  /** Seconds for which it may come back before it has left. 0-60, default 3. */
  readonly disconnectGraceSeconds: number;
  /** Where a message is published when somebody comes to an empty channel, and when the last one goes. Default `null`: nowhere. */
  readonly activeNoticeChannel: Channel | null;
}

/** What is different in some of a keyset's channels. What a rule does not set, its policy does. */
export interface Rule extends Partial<ChannelSettings> {
  /** A channel's name, or a pattern: `*` stands for any characters, also none. */
  readonly channels: string;
  /** Whether there is presence in these channels. Default true. */
  readonly track?: boolean;
  /** Which presence events are told of them. Default all. */
  readonly events?: readonly PresenceAction[];
}

/** A keyset's settings. Source of each: semantics § 1.1. */
export interface Policy extends ChannelSettings {
  /** Whether there is presence in all channels or only in those that a rule selects. Default `all`. */
  readonly tracking: "all" | "selected";
  /** Whether each leave of a user counts, or only that of the last client that polls on a node. Default `each`. */
  readonly multiDevice: "each" | "refcount";
  /** Whether a subscribe with a cursor counts as a renewal. Default true. */
  readonly impliedHeartbeat: boolean;
  /** Whether here now may be asked for the whole keyset. Default true. */
  readonly globalHereNow: boolean;
  /** Whether presence envelopes carry `pn_*` metadata for filters. Default true. */
  readonly streamFiltering: boolean;
  /**
   * Milliseconds for which a here now answer may be served although the channel has changed. 0-60000, default 0:
   * never stale. For very hot channels.
   */
  readonly hereNowStaleMs: number;
  /** Channels a group may hold. 1-20000, default 2000. */
  readonly channelsPerGroupMax: number;
  /** At most 200; the most specific that matches a channel is its rule. Default none. */
  readonly rules: readonly Rule[];
}

/** A tenant: its keys and its policy. */
export interface Keyset {
  readonly subscribeKey: SubscribeKey;
  readonly publishKey: PublishKey;
  readonly policy: Policy;
}

/** What is in force when nothing is set. */
export const defaultPolicy: Policy = {
  presenceTimeoutSeconds: 300,
  presenceTimeoutSecondsMin,
  presenceTimeoutSecondsMax,
  debounceSeconds: 2,
  impliedHeartbeat: true,
  announceMax: 20,
  intervalSeconds: 10,
  presenceDeltas: false,
  leaveOnDisconnect: false,
  disconnectGraceSeconds: 3,
  multiDevice: "each",
  activeNoticeChannel: null,
  globalHereNow: true,
  streamFiltering: true,
  hereNowStaleMs: 0,
  channelsPerGroupMax: channelsPerGroupDefault,
  tracking: "all",
  rules: [],
};
