/** What both HTTP servers allow. */

/** Past this a body is cut off; below it, and past our own bound, the client gets our answer. In bytes. */
export const bodyBytesRead = 1_048_576;

/** How long a stop waits for answers that are under way, in milliseconds. */
export const stopPatienceMs = 3_000;
