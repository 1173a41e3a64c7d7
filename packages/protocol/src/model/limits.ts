/** Limits of the wire: what a request may name, carry and ask for. Each has a unit and a reason. */

/** Characters in a channel, group or user name. Source: PubNub's published limits. */
export const nameCharactersMax: number = 92;

/** Bytes of a request target (path and query). Past it PubNub's balancer answers 414. */
export const targetBytesMax: number = 32_768;

/** Bytes of a request body as sent and after decompression: a publish may carry 32 KiB. */
export const bodyBytesMax: number = 32_768;

/** Bytes of a published message: payload and meta together. */
export const messageBytesMax: number = 32_768;

/** Bytes of a signal's payload. */
export const signalBytesMax: number = 64;

/** Bytes of one state object as JSON text. */
export const stateBytesMax: number = 32_768;

/** Groups one request may name. Source: PubNub's published limits. */
export const groupsPerRequestMax: number = 10;

/** Channels one request may name; PubNub refuses none below a few thousand, and a target holds few more. */
export const channelsPerRequestMax: number = 5_000;

/** Dots in a wildcard channel: `a.*` and `a.b.*`, no deeper. Source: PubNub's published limits. */
export const wildcardDotsMax: number = 2;

/** Occupants of one channel in one here now answer: the default and the most of `limit`. */
export const hereNowLimitMax: number = 1_000;

/** Shortest and longest presence timeout a request may ask for, in seconds; others are brought into the range. */
export const presenceTimeoutSecondsMin: number = 1;
/** See {@link presenceTimeoutSecondsMin}. */
export const presenceTimeoutSecondsMax: number = 3_600;

/** Characters of a filter expression, and how deep its parentheses and operators may nest. */
export const filterCharactersMax: number = 4_096;
/** See {@link filterCharactersMax}. */
export const filterDepthMax: number = 64;

/** Characters of a text that a filter puts together with `+`; past it the sum is undefined. */
export const filterTextCharactersMax: number = 65_536;

/** Characters of a custom message type. */
export const customMessageTypeCharactersMax: number = 50;
