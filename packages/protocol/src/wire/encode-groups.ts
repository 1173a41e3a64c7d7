/** Writes the answers to the channel group commands. */
import type { ListGroupCommand, ListGroupsCommand } from "../model/command.ts";
import type { OutcomeOf } from "../model/outcome.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { okReply, registryHeaders } from "./replies.ts";

const acknowledgement: WireResponse = Object.freeze(
  okReply('{"error":false,"message":"OK","service":"channel-registry","status":200}', registryHeaders),
);

/** The acknowledgement of a change or deletion as a reply. */
export function encodeGroupChange(): WireResponse {
  return acknowledgement;
}

/** A group's channels as a reply. */
export function encodeListGroup(command: ListGroupCommand, outcome: OutcomeOf<"list-group">): WireResponse {
  return payload(`{"channels":${JSON.stringify(outcome.channels)},"group":${jsonString(command.group)}}`);
}

/** A keyset's groups as a reply. */
export function encodeListGroups(
  _command: ListGroupsCommand,
  outcome: OutcomeOf<"list-groups">,
): WireResponse {
  return payload(`{"groups":${JSON.stringify(outcome.groups)},"namespace":""}`);
}

function payload(text: string): WireResponse {
  const body = `{"error":false,"payload":${text},"service":"channel-registry","status":200}`;
  return okReply(body, registryHeaders);
}
