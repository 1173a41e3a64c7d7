/** Values on their way out: plain JSON, or refused with the path of what is not. */
import { PresenceError, type PresenceErrorCode } from "./error.ts";

/** The largest state, in bytes of JSON. */
const stateBytesMax = 32_768;
/** Values nested deeper than this are refused: they are mistakes, and exhaust stacks. */
const depthMax = 200;

/** A state as JSON text: it has to be a plain object of at most 32 KiB. */
export function stateText(state: unknown): string {
  if (!isPlainObject(state)) refuse("invalid-state", "state", `${describe(state)} is no plain JSON object`);
  const text = jsonText(state, "state", "invalid-state");
  const bytes = encodeURIComponent(text).replace(/%../g, "-").length;
  if (bytes > stateBytesMax)
    refuse("invalid-state", "state", `${bytes} bytes are more than ${stateBytesMax}`);
  return text;
}

/** Any JSON value as text. `root` is how paths begin. */
export function jsonText(value: unknown, root: string, code: PresenceErrorCode): string {
  checkJson(value, root, { code, above: [] });
  return JSON.stringify(value);
}

/** Whether a value is an object as JSON has them: of no class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects of another realm have another Object.prototype, which is the last of its chain, too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

interface Walk {
  readonly code: PresenceErrorCode;
  /** The objects that the value is in. */
  readonly above: readonly unknown[];
}

function checkJson(value: unknown, path: string, { code, above }: Walk): void {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value))
    return;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) refuse(code, path, `${describe(value)} is not JSON`);
  if (above.includes(value)) refuse(code, path, "it contains itself");
  if (above.length >= depthMax) refuse(code, path, `more than ${depthMax} levels deep`);
  const below = { code, above: [...above, value] };
  if (!isArray) {
    for (const [key, member] of Object.entries(value)) checkJson(member, path + step(key), below);
    return;
  }
  // Not forEach: it leaves holes out, which JSON has not.
  for (let index = 0; index < value.length; index += 1) checkJson(value[index], `${path}[${index}]`, below);
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : `a ${value.constructor?.name || "class instance"}`;
  }
  return typeof value === "number" || value == null ? String(value) : `a ${typeof value}`;
}

function refuse(code: PresenceErrorCode, path: string, problem: string): never {
  throw new PresenceError(code, `${path}: ${problem}.`);
}
