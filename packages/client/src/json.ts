/** Values on their way out: plain JSON, or refused with the path of what is not. */
import { PresenceError, type PresenceErrorCode } from "./error.ts";

/** The largest state, in bytes of JSON. */
const stateBytesMax = 32_768;
/** Values nested deeper than this are mistakes, and exhaust stacks. */
const depthMax = 200;

/** A state as JSON text: it has to be a plain object of at most 32 KiB. */
export function stateText(state: unknown): string {
  const text = jsonText(plainObject(state), "state", "invalid-state");
  const bytes = encodeURIComponent(text).replace(/%../g, "-").length;
  if (bytes > stateBytesMax)
    refuse("invalid-state", "state", `${bytes} bytes, and may have ${stateBytesMax}`);
  return text;
}

/** A state as it is; refused when it is no plain object. */
export function plainObject(state: unknown): object {
  if (isPlainObject(state)) return state;
  return refuse("invalid-state", "state", `${kindOf(state)} is no plain object`);
}

/** Any JSON value as text. `root` is how paths begin. */
export function jsonText(value: unknown, root: string, code: PresenceErrorCode): string {
  checkJson(value, { path: root, above: [] }, code);
  return JSON.stringify(value);
}

/** Whether a value is an object as JSON has them: of no class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects of another realm have another Object.prototype, which is the last of its chain, too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

interface Place {
  readonly path: string;
  /** The objects that it is in. */
  readonly above: readonly unknown[];
}

function checkJson(value: unknown, { path, above }: Place, code: PresenceErrorCode): void {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value))
    return;
  const isArray = Array.isArray(value);
  if (!isArray && !isPlainObject(value)) refuse(code, path, `${kindOf(value)} is not JSON`);
  if (above.includes(value) || above.length > depthMax) refuse(code, path, "circular or too deep");
  // Array.from fills holes with `undefined`, which is refused: JSON has no holes.
  for (const [key, member] of Object.entries(isArray ? Array.from(value) : value)) {
    const step = isArray ? `[${key}]` : /^[a-z_$][\w$]*$/i.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    checkJson(member, { path: path + step, above: [...above, value] }, code);
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "object") return value?.constructor?.name ?? "null";
  return typeof value === "number" ? String(value) : typeof value;
}

function refuse(code: PresenceErrorCode, path: string, problem: string): never {
  throw new PresenceError(code, `${path}: ${problem}.`);
}
