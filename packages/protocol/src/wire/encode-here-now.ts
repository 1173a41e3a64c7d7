/** Writes here now answers. The list of a channel's occupants is written once and kept with the shared occupancy. */
import type { GlobalHereNowCommand, HereNowCommand } from "../model/command.ts";
import { emptyState } from "../model/json.ts";
import type { ChannelOccupancy, HereNowOutcome, Occupant, OccupantRun } from "../model/outcome.ts";
import { formatPagePlace } from "../model/page-place.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { okReply, presenceHeaders } from "./replies.ts";

/** Here now of channels and groups as a reply. */
export function encodeHereNow(command: HereNowCommand, outcome: HereNowOutcome): WireResponse {
  const body = command.single ? singleBody(outcome.channels[0], command) : multiBody(outcome, command);
  return okReply(body, presenceHeaders);
}

/** Here now of the whole keyset as a reply. */
export function encodeGlobalHereNow(command: GlobalHereNowCommand, outcome: HereNowOutcome): WireResponse {
  return okReply(multiBody(outcome, command), presenceHeaders);
}

/** What is to be said of each channel. */
type Wish = Pick<HereNowCommand, "includeUsers" | "includeState" | "includeDetails">;

/** What is said of each occupant. */
type ListVariant = "users" | "states" | "details" | "states-and-details";

function variantOf({ includeState, includeDetails }: Wish): ListVariant {
  if (includeDetails) return includeState ? "states-and-details" : "details";
  return includeState ? "states" : "users";
}

/** `channel` is missing when the only channel asked about was a presence channel: nobody sits there. */
function singleBody(channel: ChannelOccupancy | undefined, wish: Wish): string {
  const occupancy = channel?.occupancy ?? 0;
  const start = `{"message":"OK","occupancy":${occupancy},"service":"Presence","status":200`;
  if (!wish.includeUsers && !wish.includeDetails) return `${start}}`;
  return `${start}${usersMember(channel, wish)}${detailMembers(channel, wish)}}`;
}

function multiBody(outcome: HereNowOutcome, wish: Wish): string {
  let channels = "";
  for (const channel of outcome.channels) {
    if (channel.occupancy === 0) continue;
    if (channels.length > 0) channels += ",";
    channels += `${jsonString(channel.channel)}:{"occupancy":${channel.occupancy}`;
    channels += `${usersMember(channel, wish)}${detailMembers(channel, wish)}}`;
  }
  const totals = `"total_channels":${outcome.totalChannels},"total_occupancy":${outcome.totalOccupancy}`;
  return `{"message":"OK","payload":{"channels":{${channels}},${totals}},"service":"Presence","status":200}`;
}

function usersMember(channel: ChannelOccupancy | undefined, wish: Wish): string {
  if (!wish.includeUsers) return "";
  return `,"uuids":${channel === undefined ? "[]" : occupantList(channel, variantOf(wish))}`;
}

/** What our own clients ask for with `details=1`, to keep a roster by. */
function detailMembers(channel: ChannelOccupancy | undefined, wish: Wish): string {
  if (!wish.includeDetails) return "";
  const life = `,"epoch":${jsonString(channel?.epoch ?? "")},"revision":${channel?.revision ?? 0}`;
  return channel?.next === undefined ? life : `${life},"next":${jsonString(formatPagePlace(channel.next))}`;
}

const listsOf = new WeakMap<ChannelOccupancy, Map<ListVariant, string>>();

function occupantList(channel: ChannelOccupancy, variant: ListVariant): string {
  let lists = listsOf.get(channel);
  if (lists === undefined) {
    lists = new Map();
    listsOf.set(channel, lists);
  }
  const known = lists.get(variant);
  if (known !== undefined) return known;
  const { occupants, runs } = channel;
  const text =
    runs === undefined ? textOf(occupants, variant) : runs.map((run) => runText(run, variant)).join(",");
  const list = `[${text}]`;
  lists.set(variant, list);
  return list;
}

const textsOfLists = new WeakMap<readonly Occupant[], Map<ListVariant, string>>();

/** A run that is all of a list is written once for all pages that share the list. */
function runText({ list, from, to }: OccupantRun, variant: ListVariant): string {
  if (from > 0 || to < list.length) return textOf(list.slice(from, to), variant);
  let texts = textsOfLists.get(list);
  if (texts === undefined) {
    texts = new Map();
    textsOfLists.set(list, texts);
  }
  let text = texts.get(variant);
  if (text === undefined) {
    text = textOf(list, variant);
    texts.set(variant, text);
  }
  return text;
}

function textOf(occupants: readonly Occupant[], variant: ListVariant): string {
  return occupants.map(occupantTexts[variant]).join(",");
}

const occupantTexts: Readonly<Record<ListVariant, (occupant: Occupant) => string>> = {
  users: (occupant) => jsonString(occupant.user),
  states: (occupant) => `{${stateOf(occupant)}${uuidOf(occupant)}}`,
  details: (occupant) => `{${uuidOf(occupant)}${detailsOf(occupant)}}`,
  "states-and-details": (occupant) => `{${stateOf(occupant)}${uuidOf(occupant)}${detailsOf(occupant)}}`,
};

function stateOf({ state }: Occupant): string {
  return state === undefined || state === emptyState ? "" : `"state":${state},`;
}

function uuidOf({ user }: Occupant): string {
  return `"uuid":${jsonString(user)}`;
}

function detailsOf({ since, devices }: Occupant): string {
  return `,"since":${since},"devices":${devices}`;
}
