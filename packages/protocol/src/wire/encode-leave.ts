/** Writes the answer to leaves: the same whether or not the user was there. */
import type { WireResponse } from "./http.ts";
import { okReply, presenceHeaders } from "./replies.ts";

const reply: WireResponse = Object.freeze(
  okReply('{"action":"leave","message":"OK","service":"Presence","status":200}', presenceHeaders),
);

/** A leave's acknowledgement as a reply. */
export function encodeLeave(): WireResponse {
  return reply;
}
