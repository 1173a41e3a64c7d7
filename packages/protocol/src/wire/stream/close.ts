/** Why a stream is closed by the server: the codes of WebSocket's own registry (RFC 6455 § 7.4.1), as we use them. */

/** The node is on its way out: open a stream elsewhere. */
export const closeGoingAway = 1001;
/** The client sends far more than it may. */
export const closePolicy = 1008;
/** The server failed for a reason of its own. */
export const closeInternal = 1011;
/** The client reads too slowly, or there is no room for its stream: come back later. */
export const closeTryLater = 1013;
