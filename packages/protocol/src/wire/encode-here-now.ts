/** Writes here now answers. The list of a channel's occupants is written once and kept with the shared occupancy. */
import type { GlobalHereNowCommand, HereNowCommand } from "../model/command.ts";
import type { ChannelOccupancy, HereNowOutcome, Occupant } from "../model/outcome.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { okReply, presenceHeaders } from "./replies.ts";

/** Here now of channels and groups as a reply. */
export function encodeHereNow(command: HereNowCommand, outcome: HereNowOutcome): WireResponse {
  const variant = variantOf(command);
  const body = command.single ? singleBody(outcome.channels[0], variant) : multiBody(outcome, variant);
  return okReply(body, presenceHeaders);
}

/** Here now of the whole keyset as a reply. */
export function encodeGlobalHereNow(command: GlobalHereNowCommand, outcome: HereNowOutcome): WireResponse {
  return okReply(multiBody(outcome, variantOf(command)), presenceHeaders);
}

/** How much is said of each occupant; nothing at all with `occupancy`. */
type Variant = "occupancy" | "users" | "states";

function variantOf(command: HereNowCommand | GlobalHereNowCommand): Variant {
  if (!command.includeUsers) return "occupancy";
  return command.includeState ? "states" : "users";
}

/** `channel` is missing when the only channel asked about was a presence channel: nobody sits there. */
function singleBody(channel: ChannelOccupancy | undefined, variant: Variant): string {
  const occupancy = channel === undefined ? 0 : channel.occupancy;
  const users = variant === "occupancy" ? "" : `,"uuids":${channel ? occupantList(channel, variant) : "[]"}`;
  return `{"message":"OK","occupancy":${occupancy},"service":"Presence","status":200${users}}`;
}

function multiBody(outcome: HereNowOutcome, variant: Variant): string {
  let channels = "";
  for (const channel of outcome.channels) {
    if (channel.occupancy === 0) continue;
    if (channels.length > 0) channels += ",";
    channels += `${jsonString(channel.channel)}:{"occupancy":${channel.occupancy}`;
    channels += variant === "occupancy" ? "}" : `,"uuids":${occupantList(channel, variant)}}`;
  }
  const totals = `"total_channels":${outcome.totalChannels},"total_occupancy":${outcome.totalOccupancy}`;
  return `{"message":"OK","payload":{"channels":{${channels}},${totals}},"service":"Presence","status":200}`;
}

interface Lists {
  users: string | undefined;
  states: string | undefined;
}

const listsOf = new WeakMap<ChannelOccupancy, Lists>();

function occupantList(channel: ChannelOccupancy, variant: "users" | "states"): string {
  let lists = listsOf.get(channel);
  if (lists === undefined) {
    lists = { users: undefined, states: undefined };
    listsOf.set(channel, lists);
  }
  const known = lists[variant];
  if (known !== undefined) return known;
  const list = `[${channel.occupants.map(variant === "users" ? userOf : userAndStateOf).join(",")}]`;
  lists[variant] = list;
  return list;
}

function userOf(occupant: Occupant): string {
  return jsonString(occupant.user);
}

function userAndStateOf(occupant: Occupant): string {
  const state = occupant.state === undefined || occupant.state === "{}" ? "" : `"state":${occupant.state},`;
  return `{${state}"uuid":${jsonString(occupant.user)}}`;
}
