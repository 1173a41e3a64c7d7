/** Writes where now answers. */
import type { WhereNowCommand } from "../model/command.ts";
import type { OutcomeOf } from "../model/outcome.ts";
import type { WireResponse } from "./http.ts";
import { okReply, presenceHeaders } from "./replies.ts";

/** Where a user is, as a reply. */
export function encodeWhereNow(_command: WhereNowCommand, outcome: OutcomeOf<"where-now">): WireResponse {
  const channels = JSON.stringify(outcome.channels);
  const body = `{"message":"OK","payload":{"channels":${channels}},"service":"Presence","status":200}`;
  return okReply(body, presenceHeaders);
}
