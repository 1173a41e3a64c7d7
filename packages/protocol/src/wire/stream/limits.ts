/** Limits of streams on the wire, each with its unit and its reason. */

/** Bytes of a frame that a client may send: a list of channels as long as a request target's, and a state beside it. */
export const streamFrameBytesMax = 65_536;

/** Frames a client may send in a second; one more is answered with an error and not looked at. */
export const streamFramesPerSecondMax = 20;

/** Frames in a second at which a client is not in its senses, and its stream is closed. */
export const streamFramesPerSecondEnd = 200;
