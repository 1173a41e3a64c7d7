/** Writes the answer to heartbeats: always the same. */
import type { WireResponse } from "./http.ts";
import { okReply, presenceHeaders } from "./replies.ts";

const reply: WireResponse = Object.freeze(
  okReply('{"message":"OK","service":"Presence","status":200}', presenceHeaders),
);

/** A heartbeat's acknowledgement as a reply. */
export function encodeHeartbeat(): WireResponse {
  return reply;
}
