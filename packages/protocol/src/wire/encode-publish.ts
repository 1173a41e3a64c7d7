/** Writes the answers to publish and signal. */
import type { PublishCommand, SignalCommand } from "../model/command.ts";
import { formatTimetoken, type Timetoken } from "../model/timetoken.ts";
import type { WireResponse } from "./http.ts";
import { getHeaders, okReply, publishHeaders } from "./replies.ts";

/** The timetoken a message got, as a reply. */
export function encodePublish(
  _command: PublishCommand,
  outcome: { readonly timetoken: Timetoken },
): WireResponse {
  return okReply(sent(outcome.timetoken), publishHeaders);
}

/** The timetoken a signal got, as a reply. */
export function encodeSignal(
  _command: SignalCommand,
  outcome: { readonly timetoken: Timetoken },
): WireResponse {
  return okReply(sent(outcome.timetoken), getHeaders);
}

function sent(timetoken: Timetoken): string {
  return `[1,"Sent","${formatTimetoken(timetoken)}"]`;
}
