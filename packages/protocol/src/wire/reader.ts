/**
 * Reads a request's parts one by one and remembers the first thing that is wrong with them, so that a decoder is one
 * expression: what it made is thrown away when `fault` is set.
 */
import type { Fault, FaultCode } from "../model/fault.ts";
import { decodePath, decodeQuery, type Target } from "./target.ts";

/** Where a decoder says what is wrong. */
export interface FaultNote {
  /** Remembers what is wrong, unless something was wrong before. */
  fail(code: FaultCode, message?: string): void;
}

/** A request on its way to being a command. */
export class RequestReader implements FaultNote {
  /** The first thing that is wrong; nothing read after it counts. */
  fault: Fault | undefined;
  /** The request's body, for the commands that have one. */
  readonly body: string | undefined;
  readonly #target: Target;

  constructor(target: Target, body: string | undefined) {
    this.fault = undefined;
    this.body = body;
    this.#target = target;
  }

  /** Remembers what is wrong, unless something was wrong before. */
  fail(code: FaultCode, message?: string): void {
    if (this.fault !== undefined) return;
    this.fault = message === undefined ? { code } : { code, message };
  }

  /** A path segment as it came. It is a view of the request: see `own`. */
  rawSegment(index: number): string {
    return this.#target.segment(index);
  }

  /** A path segment, decoded. It may be a view of the request: see `own`. */
  segment(index: number): string {
    const text = decodePath(this.rawSegment(index));
    if (text !== undefined) return text;
    this.fail("could-not-parse", "A path segment has a malformed escape or an unescaped character.");
    return "";
  }

  /** A query value, decoded; `undefined` when it is missing or empty. It may be a view of the request: see `own`. */
  query(name: string): string | undefined {
    const raw = this.#target.value(name);
    if (raw === undefined || raw === "") return undefined;
    const text = decodeQuery(raw);
    if (text !== undefined) return text;
    this.fail("could-not-parse", `The value of ${name} has a malformed escape or an unescaped character.`);
    return undefined;
  }

  /** Whether the query has this name, with or without a value. */
  has(name: string): boolean {
    return this.#target.value(name) !== undefined;
  }

  /** Whether a switch is on: `1` or `true`. */
  flag(name: string): boolean {
    const text = this.query(name);
    return text === "1" || text === "true";
  }

  /** A number from zero to `max`, rounded down; greater ones become `max`; `absent` when there is none. */
  count(name: string, bounds: { readonly max: number; readonly absent: number }): number {
    const text = this.query(name);
    if (text === undefined) return bounds.absent;
    const value = Math.floor(Number(text));
    // Also false for what is not a number.
    return value >= 0 ? Math.min(value, bounds.max) : bounds.absent;
  }
}

/** A text in quotes for a message, shortened to 40 characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
