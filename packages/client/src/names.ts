/** Names of channels, groups, users and devices: what they may be. */
import type { Targets } from "./api.ts";
import { PresenceError } from "./error.ts";
import type { TargetNames } from "./machine/targets.ts";

/** What a channel, a group or a key may be called: what can stand in a list and in an address. */
const nameRule = /^(?!\.\.?$|-pnpres$)[^,\0\p{Cs}]{1,92}(-pnpres)?$/u;
/** What a user or device may be called: commas are fine. */
const idRule = /^(?!\.\.?$)[^\0\p{Cs}]{1,92}$/u;

/** A channel's, group's or key's name as it is; refused when it cannot be one. `what` says which argument it is. */
export function checkName(name: unknown, what: string): string {
  return check(name, what, nameRule);
}

/** A user's or device's id as it is; refused when it cannot be one. */
export function checkId(id: unknown, what: string): string {
  return check(id, what, idRule);
}

function check(text: unknown, what: string, rule: RegExp): string {
  if (typeof text === "string" && rule.test(text)) return text;
  const commas = rule === nameRule ? " without commas" : "";
  return refuse(
    `${what} is "${String(text).slice(0, 100)}", and has to be 1 to 92 characters${commas}, not just dots`,
  );
}

/** Channels and groups as lists without repetitions, each name checked; refused when there is none. */
export function checkTargets(targets: Targets): TargetNames {
  const list = (what: keyof Targets): readonly string[] =>
    [...new Set([targets[what] ?? []].flat())].map((name) => checkName(name, what));
  const names = { channels: list("channels"), groups: list("channelGroups") };
  if (names.channels.length + names.groups.length > 0) return names;
  return refuse("channels and channelGroups name nothing");
}

/** Refuses an argument with a sentence. */
export function refuse(sentence: string): never {
  throw new PresenceError("invalid-argument", `${sentence}.`);
}
