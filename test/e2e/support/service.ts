/** What a client can do, as functions of a port: the demonstration keyset, spelt as on the wire. */
import type { Agent } from "node:http";
import type { Policy } from "@hereabouts/core";
import { ask, askWell, type Sent, send } from "./http.ts";

const presence = "/v2/presence/sub-key/demo";
const registry = "/v1/channel-registration/sub-key/demo/channel-group";

/** One item of a poll's answer. */
export interface Item {
  readonly c: string;
  readonly d: unknown;
  readonly p: { readonly t: string };
}

/** A poll's answer. */
export interface Delivery {
  readonly cursor: string;
  readonly items: readonly Item[];
}

/** A presence event as it stands in an item. */
export interface PresenceEvent {
  readonly action: string;
  readonly uuid: string;
  readonly occupancy: number;
}

/** The environment of a server whose demonstration keyset has this policy beyond the default. */
export function policyInForce(policy: Partial<Policy>): Readonly<Record<string, string>> {
  const keyset = { subscribeKey: "demo", publishKey: "demo", ...policy };
  return { HEREABOUTS_KEYSETS: JSON.stringify([keyset]) };
}

/** Seats a user, or renews its seat. */
export async function heartbeat(
  port: number,
  channel: string,
  user: string,
  timeoutSeconds = 300,
): Promise<void> {
  await askWell(port, `${presence}/channel/${channel}/heartbeat?uuid=${user}&heartbeat=${timeoutSeconds}`);
}

/** Gives a seat up. */
export async function leave(port: number, channel: string, user: string): Promise<void> {
  await askWell(port, `${presence}/channel/${channel}/leave?uuid=${user}`);
}

/** The users of a channel, in order. */
export async function occupants(port: number, channel: string): Promise<readonly string[]> {
  const { json, text } = await askWell(port, `${presence}/channel/${channel}`);
  const users = field(json, "uuids");
  if (!Array.isArray(users) || users.length !== field(json, "occupancy")) throw new Error(`Odd: ${text}`);
  return users.map(String);
}

/** Publishes a text and gives its timetoken. */
export async function publish(port: number, channel: string, text: string): Promise<string> {
  const target = `/publish/demo/demo/0/${channel}/0/${encodeURIComponent(JSON.stringify(text))}?uuid=publisher`;
  const { json, text: answer } = await askWell(port, target);
  const timetoken = Array.isArray(json) ? json[2] : undefined;
  if (typeof timetoken !== "string") throw new Error(`This is no answer to a publish: ${answer}`);
  return timetoken;
}

/** The server's time as a timetoken. */
export async function time(port: number): Promise<string> {
  // The number is larger than a double holds: it is taken from the text.
  const { text } = await askWell(port, "/time/0");
  const digits = /^\[(\d{17})\]$/.exec(text)?.[1];
  if (digits === undefined) throw new Error(`This is no time: ${text}`);
  return digits;
}

/** The target of a subscribe from a cursor; `0` is a handshake. */
export function subscribeTarget(channels: string, user: string, cursor: string): string {
  return `/v2/subscribe/demo/${channels}/0?uuid=${user}&heartbeat=300&tt=${cursor}&tr=1`;
}

/** Sends a poll, which may be held. */
export function poll(port: number, channels: string, user: string, cursor: string): Sent {
  return send(port, subscribeTarget(channels, user, cursor));
}

/** Subscribes from nowhere and gives the cursor. */
export async function handshake(port: number, channels: string, user: string): Promise<string> {
  const delivery = readDelivery((await ask(port, subscribeTarget(channels, user, "0"))).text);
  return delivery.cursor;
}

/** A poll's answer, its form checked. */
export function readDelivery(text: string): Delivery {
  const parsed: unknown = JSON.parse(text);
  const cursor = field(field(parsed, "t"), "t");
  const items = field(parsed, "m");
  if (typeof cursor !== "string" || !/^\d{17}$/.test(cursor) || !Array.isArray(items))
    throw new Error(`This is no answer to a poll: ${text}`);
  return { cursor, items: items.map(itemOf) };
}

/** The event in an item of a presence channel. */
export function eventOf(item: Item): PresenceEvent {
  const [action, uuid, occupancy] = ["action", "uuid", "occupancy"].map((name) => field(item.d, name));
  if (typeof action !== "string" || typeof uuid !== "string" || typeof occupancy !== "number")
    throw new Error(`This is no presence event: ${JSON.stringify(item)}`);
  return { action, uuid, occupancy };
}

/** Changes a group: `rest` follows its name, such as `?add=a,b` or `/remove`. */
export async function changeGroup(port: number, group: string, rest: string, agent: Agent): Promise<void> {
  await askWell(port, `${registry}/${group}${rest}`, agent);
}

/** The channels of a group, sorted. */
export async function groupChannels(port: number, group: string): Promise<readonly string[]> {
  const { json, text } = await askWell(port, `${registry}/${group}`);
  const channels = field(field(json, "payload"), "channels");
  if (!Array.isArray(channels)) throw new Error(`This is no group: ${text}`);
  return channels.map(String).sort();
}

function itemOf(value: unknown): Item {
  const c = field(value, "c");
  const t = field(field(value, "p"), "t");
  if (typeof c !== "string" || typeof t !== "string")
    throw new Error(`This is no item: ${JSON.stringify(value)}`);
  return { c, d: field(value, "d"), p: { t } };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
