/** What replies have in common: headers (wire specification §§ 1.4, 1.5), shared between all replies of a kind. */
import type { WireResponse } from "./http.ts";

type Headers = WireResponse["headers"];

/** The region in every `t` and `p`. Clients take zero for a missing region, so it is not zero. */
export const region = 1;

const scriptType = 'text/javascript; charset="UTF-8"';

/** Time, subscribe and signal. */
export const getHeaders: Headers = headersWith(scriptType, "GET");

/** Publish. */
export const publishHeaders: Headers = headersWith(scriptType, "GET, POST");

/** Presence: heartbeat, leave, here now, where now, state. */
export const presenceHeaders: Headers = headersWith(scriptType, "OPTIONS, GET, POST");

/** Channel groups. */
export const registryHeaders: Headers = headersWith("application/json", "GET, POST, DELETE, OPTIONS");

/** A reply of status 200. */
export function okReply(body: string, headers: Headers): WireResponse {
  return { status: 200, headers, body };
}

function headersWith(contentType: string, methods: string): Headers {
  return Object.freeze({
    "content-type": contentType,
    "cache-control": "no-cache",
    "access-control-allow-origin": "*",
    "access-control-allow-methods": methods,
  });
}
