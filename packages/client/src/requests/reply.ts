/** Reads answers strictly: what is not as the protocol says is `malformed-reply`. */
import { PresenceError } from "../error.ts";

/** A member of a member, and so on; `undefined` where there is none. */
export function field(value: unknown, ...keys: readonly (string | number)[]): unknown {
  return keys.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** A value that has to be of a kind. */
export function must<Value>(value: unknown, is: (value: unknown) => value is Value): Value {
  if (is(value)) return value;
  throw new PresenceError("malformed-reply", "The answer is not the protocol's.", {
    cause: value,
  });
}

/** Whether something is an object or an array. */
export function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Whether something is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether something is a whole number, 0 or more. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether something is a list. */
export const isList: (value: unknown) => value is readonly unknown[] = Array.isArray;

/** Whether something is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return isList(value) && value.every(isText);
}

/** An object without a prototype, so that any name is an ordinary key. */
export function recordOf<Value>(
  entries: Iterable<readonly [string, Value]>,
): Readonly<Record<string, Value>> {
  return Object.setPrototypeOf(Object.fromEntries(entries), null);
}
