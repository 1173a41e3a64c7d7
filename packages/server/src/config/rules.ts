/** What a single value may be: its shape, how it is written as text, and how that is told to people. */
import { isIP } from "node:net";
import { type PresenceAction, presenceActions } from "@hereabouts/core";
import { type Channel, isPresenceName, isWildcard, nameProblem } from "@hereabouts/protocol";
import { z } from "zod";
import { isEngine, withoutPassword } from "./engine-address.ts";

/** What one value may be. */
export interface Rule<Value> {
  /** What stands for the value in help texts: `SECONDS`. */
  readonly placeholder: string;
  /** The allowed values, in words that follow "is not": `a whole number of seconds from 1 to 300`. */
  readonly expected: string;
  /** The same for tables, short: `1-300 s`. */
  readonly range: string;
  readonly schema: z.ZodType<Value>;
  /** A value from a flag or an environment variable, yet to be checked. */
  fromText(text: string): unknown;
  /** A text, right or wrong, as it may be shown: without secrets. Absent: as it is. */
  readonly shown?: (text: string) => string;
}

/** A whole number between two others, both included. `unit` is a word such as `seconds`. */
export function integerRule(min: number, max: number, unit?: string): Rule<number> {
  return {
    placeholder: unit?.toUpperCase() ?? "NUMBER",
    expected: `a whole number${unit === undefined ? "" : ` of ${unit}`} from ${min} to ${max}`,
    range: `${min}-${max}${unit === undefined ? "" : ` ${unit}`}`,
    schema: z.int().min(min).max(max),
    fromText: (text) => (/^[+-]?\d+$/.test(text) ? Number(text) : text),
  };
}

/** A number between two others, both included, that need not be whole. */
export function numberRule(min: number, max: number, unit: string): Rule<number> {
  return {
    placeholder: unit.toUpperCase(),
    expected: `a number of ${unit} from ${min} to ${max}`,
    range: `${min}-${max} ${unit}`,
    schema: z.number().min(min).max(max),
    fromText: (text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text),
  };
}

/** One of a few words. */
export function choiceRule<Choice extends string>(
  placeholder: string,
  choices: readonly Choice[],
): Rule<Choice> {
  return {
    placeholder,
    expected: `one of ${choices.join(", ")}`,
    range: choices.join(", "),
    schema: z.enum(choices),
    fromText: (text) => text,
  };
}

/** True or false. */
export const switchRule: Rule<boolean> = {
  placeholder: "true|false",
  expected: "true or false",
  range: "true, false",
  schema: z.boolean(),
  fromText: (text) => (text === "true" ? true : text === "false" ? false : text),
};

/** An interface to listen on: an IP address or a host name, without brackets and without a port. */
export const hostRule: Rule<string> = {
  placeholder: "ADDRESS",
  expected: "an IP address or a host name (no port, no brackets)",
  range: "IP address or host name",
  schema: z.string().refine((text) => isIP(text) !== 0 || isHostName(text)),
  fromText: (text) => text,
};

/** A directory, or `:memory:`. */
export const dataRule: Rule<string> = {
  placeholder: "DIRECTORY",
  expected: "a directory or :memory:",
  range: "directory or :memory:",
  schema: z
    .string()
    .min(1)
    .max(4_096)
    .refine((text) => !text.includes("\0")),
  fromText: (text) => text,
};

/** The embedded engine, or where Redis or Valkey is. */
export const engineRule: Rule<string> = {
  placeholder: "ENGINE",
  expected:
    "embedded or an address such as redis://user:password@host:6379 (see the documentation for others)",
  range:
    "embedded, redis://HOST:PORT, rediss://HOST:PORT, redis+cluster://HOST:PORT,HOST:PORT, rediss+cluster://..., redis+sentinel://HOST:PORT,HOST:PORT/NAME; each with USER:PASSWORD@ where needed",
  schema: z.string().refine(isEngine),
  fromText: (text) => text,
  shown: withoutPassword,
};

/** The beginning of names in a store: nothing that has a meaning there. */
export const prefixRule: Rule<string> = {
  placeholder: "PREFIX",
  expected: "1 to 100 letters, digits, dots, dashes and underscores",
  range: "1-100 letters, digits, dots, dashes, underscores",
  schema: z.string().regex(/^[\w.-]{1,100}$/),
  fromText: (text) => text,
};

/** A channel that something can be published on, or `null` for none. */
export const noticeChannelRule: Rule<Channel | null> = {
  placeholder: "CHANNEL",
  expected: "a channel's name (no comma, no wildcard, no presence channel) or null",
  range: "a channel or null",
  schema: z.custom<Channel | null>(
    (value) => value === null || (typeof value === "string" && isPublishable(value)),
  ),
  fromText: (text) => text,
};

/** The channels that a rule is for. */
export const patternRule: Rule<string> = {
  placeholder: "PATTERN",
  expected: "a channel's name or a pattern with * for any characters",
  range: "a name; * stands for any characters",
  schema: z.string().refine((text) => nameProblem(text) === undefined && !isPresenceName(text)),
  fromText: (text) => text,
};

/** A list of presence events. */
export const eventsRule: Rule<readonly PresenceAction[]> = {
  placeholder: "EVENTS",
  expected: `a list of ${presenceActions.join(", ")}`,
  range: `list of ${presenceActions.join(", ")}`,
  schema: z.array(z.enum(presenceActions)),
  fromText: (text) => text.split(","),
};

function isPublishable(text: string): boolean {
  return nameProblem(text) === undefined && !isPresenceName(text) && !isWildcard(text);
}

function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]+$/.test(text)) return false;
  return text.split(".").every((label) => /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i.test(label));
}
