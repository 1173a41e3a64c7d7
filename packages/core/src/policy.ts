/** A keyset and its policy: settings with defaults, ranges, and the relations that must hold between them. */
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";

/** A keyset's settings. Source of each: semantics § 1.1. */
export interface Policy {
  /** Seconds without a renewal after which a seat ends, for requests that do not say. 1-3600, default 300. */
  readonly presenceTimeoutSeconds: number;
  /** Seconds after an explicit leave during which a returning poll does not join again. 0-60, default 2. */
  readonly debounceSeconds: number;
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
}

/** A tenant: its keys and its policy. */
export interface Keyset {
  readonly subscribeKey: SubscribeKey;
  readonly publishKey: PublishKey;
  readonly policy: Policy;
}
