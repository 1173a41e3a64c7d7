/** Writes the answers to set state and get state. */
import type { GetStateCommand, SetStateCommand } from "../model/command.ts";
import { emptyState } from "../model/json.ts";
import type { OutcomeOf } from "../model/outcome.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { okReply, presenceHeaders } from "./replies.ts";

/** The state that was set, once, however many channels it was set in. */
export function encodeSetState(command: SetStateCommand): WireResponse {
  const body = `{"message":"OK","payload":${command.state},"service":"Presence","status":200}`;
  return okReply(body, presenceHeaders);
}

/** A user's states as a reply: the single form, or a member for each channel. */
export function encodeGetState(command: GetStateCommand, outcome: OutcomeOf<"get-state">): WireResponse {
  const ending = `"service":"Presence","status":200,"uuid":${jsonString(command.target)}}`;
  if (command.single) return okReply(`{${singleStart(outcome)},${ending}`, presenceHeaders);
  let channels = "";
  for (const [channel, state] of outcome.states) {
    channels += `${channels === "" ? "" : ","}${jsonString(channel)}:${state ?? emptyState}`;
  }
  return okReply(`{"message":"OK","payload":{"channels":{${channels}}},${ending}`, presenceHeaders);
}

/** There is no channel to tell when the only one asked about was a presence channel. */
function singleStart(outcome: OutcomeOf<"get-state">): string {
  for (const [channel, state] of outcome.states) {
    return `"channel":${jsonString(channel)},"message":"OK","payload":${state ?? emptyState}`;
  }
  return `"message":"OK","payload":${emptyState}`;
}
