/** The engine's and the service's limits, each with its unit and its reason. Those of the wire are in protocol. */

/** Entries kept per channel for subscribers that come back. Source: PubNub's published message buffer. */
export const logEntriesPerChannelMax = 100;

/** How long an entry is kept for subscribers that come back: 20 minutes. Same source. */
export const logRetentionMs: number = 20 * 60_000;

/** Entries kept in a keyset, over all channels: bounds memory when very many channels are written to. */
export const logEntriesPerKeysetMax = 2_000_000;

/** Items in one answer to a subscriber; the rest comes with its next poll. */
export const itemsPerAnswerMax = 100;

/** How long an empty channel's revision is remembered, so that rosters do not take its next life for a loss. */
export const emptyChannelRetentionMs: number = logRetentionMs;

/** A user's own join of at most this age is shown to its handshake, whichever of its requests came first. */
export const ownJoinWindowMs = 3_000;

/** Devices one seat may hold. The one whose deadline is nearest gives way to one more. */
export const devicesPerSeatMax = 64;

/** Channels one user may sit in, within a keyset. */
export const seatsPerUserMax = 20_000;

/** Channels a group may hold unless the policy says otherwise. Source: PubNub's published limits. */
export const channelsPerGroupDefault = 2_000;

/** Groups a keyset may hold. */
export const groupsPerKeysetMax = 100_000;

/** Channels listed in one here now answer; totals count them all. */
export const hereNowChannelsMax = 5_000;

/** Occupants listed in one here now answer, over all its channels; each channel's page shrinks to fit. */
export const hereNowOccupantsMax = 100_000;

/** Seats ended by one call of sweep, so that a burst of timeouts never blocks the event loop for long. */
export const sweepBatch = 1_000;

/** How often seats whose time is up are looked for, in milliseconds: a timeout is at most this late, plus the loop's delay. */
export const sweepEveryMs = 100;

/** Polls one node holds; one more is answered with "too many requests". */
export const heldPollsMax = 1_000_000;

/** Empty channels whose revision is remembered, in a keyset; the one that has been empty longest gives way. */
export const emptyChannelsPerKeysetMax = 200_000;

/** Users without a seat of whom something is remembered (state, a debounce), in a keyset; the oldest gives way. */
export const absencesPerKeysetMax = 200_000;

/** The most that `announceMax` may be: above it everybody would be told of everybody's coming and going. */
export const announceMaxMax = 10_000;

/** The most seconds between two summaries of a channel. */
export const intervalSecondsMax = 3_600;

/** The most seconds a client whose connection closed may take to come back. */
export const disconnectGraceSecondsMax = 60;

/** Rules of one keyset: each is tried on every channel that is new to a node. */
export const rulesMax = 200;

/** How often `*` may stand in a rule's pattern. */
export const wildcardsPerPatternMax = 8;

/** Channels of a keyset with rules whose rule a node remembers; the one asked for first gives way. */
export const channelsWithRulesKnownMax = 50_000;

/** Bytes of users' names in a summary; past it the summary says to read here now instead. Source: semantics § 9. */
export const summaryBytesMax = 30_000;

/** Summaries written by one call of fire. */
export const tickBatch = 500;
