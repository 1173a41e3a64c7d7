/** Writes the answer to `GET /time/0`: an array of one integer, as text because it is past a double's precision. */
import type { TimeCommand } from "../model/command.ts";
import type { OutcomeOf } from "../model/outcome.ts";
import type { WireResponse } from "./http.ts";
import { getHeaders, okReply } from "./replies.ts";

/** The time as a reply. */
export function encodeTime(_command: TimeCommand, outcome: OutcomeOf<"time">): WireResponse {
  return okReply(`[${outcome.now}]`, getHeaders);
}
