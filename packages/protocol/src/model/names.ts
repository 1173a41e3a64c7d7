/** Names on the wire: channels, groups, users, devices, keys; and what a name's form says about it. */
import { nameCharactersMax, wildcardDotsMax } from "./limits.ts";

declare const brand: unique symbol;
type Branded<Kind extends string> = string & { readonly [brand]: Kind };

/** A named place users can be in. May be a wildcard channel (`a.*`) or a presence channel (`a-pnpres`). */
export type Channel = Branded<"channel">;
/** A stored, named set of channels. */
export type Group = Branded<"group">;
/** Who a client says it is; `uuid` on the wire. */
export type UserId = Branded<"user">;
/** One of a user's clients, where it names itself; `instanceid` on the wire. */
export type DeviceId = Branded<"device">;
/** The name of a keyset that clients subscribe and ask with. */
export type SubscribeKey = Branded<"subscribe-key">;
/** The name of a keyset that clients publish with. */
export type PublishKey = Branded<"publish-key">;

/** What a presence channel's name ends in. */
export const presenceSuffix = "-pnpres";
const wildcardSuffix = ".*";

/** Why a text is not a name, or `undefined` when it is one. Rule: wire specification § 2.2, the lenient reading. */
export function nameProblem(text: string): string | undefined {
  if (text.length === 0) return "is empty";
  if (text.includes(",")) return "contains a comma";
  if (text.includes("\0")) return "contains a NUL character";
  const base = baseName(text);
  if (base.length === 0) return "names no channel before -pnpres";
  return lengthProblem(base);
}

/**
 * Why a text is not a user id (or a device id), or `undefined` when it is one. Unlike a channel it never stands in a
 * list, so it may have commas, and it may end in `-pnpres`.
 */
export function userIdProblem(text: string): string | undefined {
  if (text.length === 0) return "is empty";
  if (text.includes("\0")) return "contains a NUL character";
  return lengthProblem(text);
}

function lengthProblem(text: string): string | undefined {
  if (text.length <= nameCharactersMax) return undefined;
  const characters = [...text].length;
  if (characters <= nameCharactersMax) return undefined;
  return `has ${characters} characters, more than ${nameCharactersMax}`;
}

/** Whether a name is a presence channel's or a group's presence companion. */
export function isPresenceName(name: string): boolean {
  return name.endsWith(presenceSuffix);
}

/** A presence name without its suffix; other names as they are. */
export function baseName<Name extends string>(name: Name): Name {
  return isPresenceName(name) ? (name.slice(0, -presenceSuffix.length) as Name) : name;
}

/** The companion that carries a channel's presence events. */
export function presenceChannel(channel: Channel): Channel {
  return `${channel}${presenceSuffix}` as Channel;
}

/** Whether a name (without `-pnpres`) is a wildcard channel: ends in `.*`, has at most two dots, no other star. */
export function isWildcard(name: string): boolean {
  if (!name.endsWith(wildcardSuffix) || name.length === wildcardSuffix.length) return false;
  const prefix = name.slice(0, -wildcardSuffix.length);
  return !prefix.includes("*") && prefix.split(".").length <= wildcardDotsMax;
}

/**
 * The wildcard channels that match a channel, shallow first: `a.b.c` is matched by `a.*` and `a.b.*`. A wildcard
 * channel matches itself. For a presence channel the answers are presence channels too.
 */
export function wildcardsOf(channel: Channel): readonly Channel[] {
  const base: string = baseName(channel);
  let dot = base.indexOf(".");
  if (dot < 0) return noChannels;
  const suffix = base.length === channel.length ? wildcardSuffix : wildcardSuffix + presenceSuffix;
  const wildcards: Channel[] = [];
  while (dot >= 0 && wildcards.length < wildcardDotsMax) {
    if (dot > 0) wildcards.push((base.slice(0, dot) + suffix) as Channel);
    dot = base.indexOf(".", dot + 1);
  }
  return wildcards;
}

const noChannels: readonly Channel[] = [];
