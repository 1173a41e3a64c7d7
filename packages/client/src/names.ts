/** Names of channels, groups, users and devices: what they may be, and how they stand in a request. */
import type { Names, Targets } from "./api.ts";
import { PresenceError } from "./error.ts";
import { presenceSuffix, type TargetNames } from "./machine/targets.ts";

/** The longest name, in characters. */
const charactersMax = 92;

/** A channel's or group's name as it is; refused when it cannot be one. `what` says which argument it is. */
export function checkName(name: unknown, what: string): string {
  const text = checkText(name, what);
  if (text.includes(",")) refuse(`${what} "${text}": a name has no comma`);
  return checkLength(text, what, withoutPresence(text));
}

/** A user's or device's id as it is; refused when it cannot be one. */
export function checkId(id: unknown, what: string): string {
  const text = checkText(id, what);
  return checkLength(text, what, text);
}

function checkText(text: unknown, what: string): string {
  if (typeof text !== "string") return refuse(`${what} has to be a text`);
  if (text === "." || text === ".." || text.includes("\0"))
    refuse(`${what} "${text}" cannot stand in an address`);
  escapeText(text, what);
  return text;
}

function checkLength(text: string, what: string, counted: string): string {
  const { length } = [...counted];
  if (length > 0 && length <= charactersMax) return text;
  return refuse(
    `${what} "${text.slice(0, 100)}" has ${length} characters, and may have 1 to ${charactersMax}`,
  );
}

/** One name or several as a list without repetitions, each checked. */
export function checkNames(names: Names | undefined, what: string): readonly string[] {
  if (names === undefined) return [];
  const list = typeof names === "string" ? [names] : names;
  if (!Array.isArray(list)) refuse(`${what} has to be a name or a list of names`);
  return [...new Set(list.map((name) => checkName(name, what)))];
}

/** Channels and groups, each checked; refused when there is none. */
export function checkTargets({ channels, channelGroups }: Targets): TargetNames {
  const names = {
    channels: checkNames(channels, "channels"),
    groups: checkNames(channelGroups, "channelGroups"),
  };
  if (names.channels.length + names.groups.length === 0) refuse("channels and channelGroups name nothing");
  return names;
}

/** A name without what makes it a presence channel. */
export function withoutPresence(name: string): string {
  return name.endsWith(presenceSuffix) ? name.slice(0, -presenceSuffix.length) : name;
}

/** A list of names as a path segment: commas between them stay as they are. A comma alone is none. */
export function listSegment(names: readonly string[]): string {
  return names.length === 0 ? "," : names.map(encodeURIComponent).join(",");
}

/** A text as it stands in an address. */
export function escapeText(text: string, what: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return refuse(`${what} is no well-formed text`);
  }
}

/** Refuses an argument with a sentence. */
export function refuse(sentence: string): never {
  throw new PresenceError("invalid-argument", `${sentence}.`);
}
