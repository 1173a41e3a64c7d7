/** Reads answers strictly: what is not as the protocol says is `malformed-reply`. */
import { PresenceError } from "../error.ts";

/** Says that an answer is none of the protocol's, and what it lacks. */
export function malformed(what: string): never {
  throw new PresenceError("malformed-reply", `The server's answer has no ${what}.`);
}

/** A member of an object or an element of an array; `undefined` where there is none. */
export function field(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[key];
}

/** A member that has to be a text. */
export function textField(value: unknown, key: string | number): string {
  const member = field(value, key);
  return typeof member === "string" ? member : malformed(String(key));
}

/** A member that has to be a whole number, 0 or more. */
export function countField(value: unknown, key: string): number {
  const member = field(value, key);
  return isCount(member) ? member : malformed(key);
}

/** Whether something is a whole number, 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A member that has to be a list. */
export function listField(value: unknown, key: string): readonly unknown[] {
  const member = field(value, key);
  return Array.isArray(member) ? member : malformed(key);
}

/** A member that has to be a list of texts. */
export function textsField(value: unknown, key: string): readonly string[] {
  return listField(value, key).map((item) => (typeof item === "string" ? item : malformed(key)));
}

/** The members of a member that has to be an object. */
export function entriesField(value: unknown, key: string): readonly [string, unknown][] {
  const member = field(value, key);
  return typeof member === "object" && member !== null && !Array.isArray(member)
    ? Object.entries(member)
    : malformed(key);
}

/** An object without a prototype, so that any name is an ordinary key. */
export function recordOf<Value>(
  entries: Iterable<readonly [string, Value]>,
): Readonly<Record<string, Value>> {
  return Object.setPrototypeOf(Object.fromEntries(entries), null);
}
