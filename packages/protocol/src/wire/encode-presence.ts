/** Writes presence events as subscribers see them: the payload and the `pn_*` metadata, semantics § 4. */
import { emptyState, type State } from "../model/json.ts";
import type { UserId } from "../model/names.ts";
import type { IntervalEvent, PresenceEvent } from "../model/presence-event.ts";
import { jsonString, membersOf } from "./json-text.ts";

/** An event's payload, `d` of the envelope, as JSON text. */
export function presencePayload(event: PresenceEvent): string {
  return payloadOf(event, event.action === "interval" && !event.listsNeedDetails ? listsOf(event) : "");
}

/** The payload for who asked for details, to keep a roster by; see `hasDetails`. */
export function detailedPayload(event: PresenceEvent): string {
  if (event.action !== "interval") return payloadOf(event, ',"summed_up":1');
  const { sinceRevision, here } = event;
  if (sinceRevision === undefined || here === undefined) return payloadOf(event, listsOf(event));
  const seated = [...here].map(([user, state]) => `${jsonString(user)}:${state ?? "null"}`);
  return payloadOf(event, `${listsOf(event)},"since_revision":${sinceRevision},"here":{${seated.join(",")}}`);
}

/** Whether an event says more to who asked for details. */
export function hasDetails(event: PresenceEvent): boolean {
  return event.action === "interval" || event.isSummedUp === true;
}

function payloadOf(event: PresenceEvent, more: string): string {
  const user = event.action === "interval" ? "" : `"uuid":${jsonString(event.user)},`;
  const data = dataOf(event);
  const start = `{"action":"${event.action}",${user}"timestamp":${secondsOf(event)}`;
  const middle = `,"precise_timestamp":${millisecondsOf(event)}${data === undefined ? "" : `,"data":${data}`}`;
  const refresh = event.action === "interval" && event.hereNowRefresh ? ',"here_now_refresh":true' : "";
  const life = `,"epoch":${jsonString(event.epoch)},"revision":${event.revision}`;
  const found = event.action === "join" && event.state !== undefined ? `,"state":${event.state}` : "";
  return `${start}${middle},"occupancy":${event.occupancy}${refresh}${more}${life}${found}}`;
}

/** An event's metadata, `u` of the envelope, as JSON text: what filters see of it. */
export function presenceMetadata(event: PresenceEvent): string {
  const interval = event.action === "interval" && !event.listsNeedDetails ? event : undefined;
  const members = [
    `"pn_action":"${event.action}"`,
    `"pn_channel":${jsonString(event.channel)}`,
    `"pn_ispresence":1`,
    ...usersMember("pn_join", interval?.joined),
    ...usersMember("pn_leave", interval?.left),
    `"pn_occupancy":${event.occupancy}`,
    `"pn_precise_timestamp":${millisecondsOf(event)}`,
    ...stateMembers(dataOf(event)),
    ...usersMember("pn_timeout", interval?.timedOut),
    `"pn_timestamp":${secondsOf(event)}`,
  ];
  if (event.action !== "interval") members.push(`"pn_uuid":${jsonString(event.user)}`);
  return `{${members.join(",")}}`;
}

/** The state an event carries: a timeout's is there even when it is empty, a leave's only when it is not. */
function dataOf(event: PresenceEvent): State | undefined {
  switch (event.action) {
    case "join":
    case "interval":
      return undefined;
    case "leave":
      return event.state === emptyState ? undefined : event.state;
    case "timeout":
    case "state-change":
      return event.state;
  }
}

function listsOf(event: IntervalEvent): string {
  if (event.hereNowRefresh) return "";
  const lists = [
    ...usersMember("join", event.joined),
    ...usersMember("leave", event.left),
    ...usersMember("timeout", event.timedOut),
  ];
  return lists.length === 0 ? "" : `,${lists.join(",")}`;
}

/** One member, or none for an empty list. */
function usersMember(name: string, users: readonly UserId[] | undefined): readonly string[] {
  return users === undefined || users.length === 0 ? [] : [`"${name}":${JSON.stringify(users)}`];
}

function stateMembers(state: State | undefined): readonly string[] {
  if (state === undefined || state === emptyState) return [];
  return [...membersOf(state)].map(([key, value]) => `${jsonString(`pn_state_${key}`)}:${value}`);
}

function secondsOf(event: PresenceEvent): number {
  return Math.floor(event.at / 1_000);
}

function millisecondsOf(event: PresenceEvent): number {
  return Math.floor(event.at);
}
