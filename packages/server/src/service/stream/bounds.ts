/** The bounds of streams, each with its unit and its reason. */

/** Bytes that wait for a client at which it is told less: it leaves its audience until it has read them. */
export const slowAtBytes = 262_144;

/** Bytes that still wait when a client has caught up, so that it is told on. */
export const drainedAtBytes = 65_536;

/** Bytes that wait for a client at which its stream is closed. */
export const bufferedBytesMax = 4_194_304;

/** Bytes told to an audience after which it is looked for clients that read slowly. */
export const checkEveryBytes = 65_536;

/** Milliseconds after which a client that was not heard is pinged. Below the minute at which many proxies give up. */
export const pingAfterMs = 25_000;

/** Milliseconds until a ping that was not answered is repeated, and the second given up on. */
export const pongPatienceMs = 10_000;

/** Frames of one client that wait until the one before has been carried out. */
export const waitingAsksMax = 40;

/** Pages of the log that are looked through for what a slow client has missed; past them all its channels are named. */
export const missedPagesMax = 20;

/** Presence channels whose occupancy a slow client is told again. */
export const refreshedChannelsMax = 1_000;

/** Parts that the streams of a node are divided into: one after the other is renewed and looked after. */
export const shifts = 32;

/**
 * The share of the time for which seats stand after which streams are sent away when no renewal was answered. A third may
 * have passed before, and clients need the rest to come back elsewhere.
 */
export const cutOffShare = 0.25;

/** By how much a round is late when the node has stood still, in milliseconds. */
export const stoodStillMs = 1_000;

/** Audiences that look for news in one turn of the event loop. */
export const looksPerTurn = 250;

/** After how long it is looked again when the engine was away, in milliseconds. */
export const lookAgainAfterMs = 1_000;

/** How long a client may take to read what there was before its stream was closed by the node, in milliseconds. */
export const closePatienceMs = 10_000;

/** The share of a drain in which clients are asked to move: the rest is for those who take their time. */
export const moveShare = 0.75;
