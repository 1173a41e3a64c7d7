/** Request targets of the wire specification, as its clients spell them. */
import { type Keys, testKeys } from "./worlds/world.ts";

/** Query parameters, each encoded as a component; those that are `undefined` are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** A name or several. */
export type Names = string | readonly string[];

/** Targets for one keyset. What is called `rest` is taken as it is. */
export interface Targets {
  subscribe(channels: Names, query?: Query): string;
  stream(channels: Names, query?: Query): string;
  /** `rest` follows `/v2/presence/sub-key/KEY`. */
  presence(rest: string, query?: Query): string;
  /** `rest` follows `channel-group`. */
  group(rest: string, query?: Query): string;
  /** `rest` is the payload after a slash, or nothing for a POST. */
  publish(channel: string, rest: string, query?: Query): string;
  signal(channel: string, rest: string, query?: Query): string;
}

/** The targets for a keyset. */
export function targetsOf(keys: Keys): Targets {
  const send = (verb: "publish" | "signal", channel: string): string =>
    `/${verb}/${keys.publish}/${keys.subscribe}/0/${encodeURIComponent(channel)}/0`;
  return {
    subscribe: (channels, query = {}) =>
      `/v2/subscribe/${keys.subscribe}/${pathList(channels)}/0${queryString(query)}`,
    stream: (channels, query = {}) =>
      `/v3/stream/${keys.subscribe}/${pathList(channels)}${queryString(query)}`,
    presence: (rest, query = {}) => `/v2/presence/sub-key/${keys.subscribe}${rest}${queryString(query)}`,
    group: (rest, query = {}) =>
      `/v1/channel-registration/sub-key/${keys.subscribe}/channel-group${rest}${queryString(query)}`,
    publish: (channel, rest, query = {}) => `${send("publish", channel)}${rest}${queryString(query)}`,
    signal: (channel, rest, query = {}) => `${send("signal", channel)}${rest}${queryString(query)}`,
  };
}

/** The targets for every world's first keyset. */
export const testTargets: Targets = targetsOf(testKeys);

/** Names as a path segment: each encoded, joined by commas; a lone comma for none. */
export function pathList(names: Names): string {
  const list = typeof names === "string" ? [names] : names;
  return list.length === 0 ? "," : list.map(encodeURIComponent).join(",");
}

function queryString(query: Query): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
