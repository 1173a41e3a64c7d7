/**
 * Splits a request target into raw segments and query pairs, and decodes the escapes in one of them. What a segment
 * or a pair means is not known here.
 */
import { own } from "../model/own.ts";

/**
 * A request target whose parts are known by where they lie, every escape still in place. A part is cut out when it is
 * asked for: of a heartbeat's fourteen or more, four are.
 */
export class Target {
  /** Path segments: what stands between the path's slashes, after the first. */
  readonly segmentCount: number;
  readonly #text: string;
  /** Where each segment begins, and where one after the last would. */
  readonly #starts: readonly number[];
  /** Of each pair in turn: where it begins, where it ends. */
  readonly #pairs: readonly number[];
  /** The names that have escapes, decoded, by where they begin. */
  readonly #decoded: ReadonlyMap<number, string> | undefined;

  constructor(text: string, starts: readonly number[], query: Query) {
    this.segmentCount = starts.length - 1;
    this.#text = text;
    this.#starts = starts;
    this.#pairs = query.pairs;
    this.#decoded = query.decoded;
  }

  /** A segment; empty when there are not as many. */
  segment(index: number): string {
    const from = this.#starts[index];
    const next = this.#starts[index + 1];
    return from === undefined || next === undefined ? "" : this.#text.slice(from, next - 1);
  }

  /** Whether a segment is this text. */
  isSegment(index: number, literal: string): boolean {
    const from = this.#starts[index];
    const next = this.#starts[index + 1];
    if (from === undefined || next === undefined || next - 1 - from !== literal.length) return false;
    return this.#text.startsWith(literal, from);
  }

  /** The first value of a name in the query; `undefined` when the name is missing. */
  value(name: string): string | undefined {
    const pairs = this.#pairs;
    for (let index = 0; index < pairs.length; index += 2) {
      const from = pairs[index] ?? 0;
      const end = pairs[index + 1] ?? 0;
      const nameEnd = this.#endOfName(name, from, end);
      if (nameEnd >= 0) return this.#text.slice(nameEnd + 1, end);
    }
    return undefined;
  }

  /** Whether a segment decodes to `.` or `..`. Their first characters spare nearly all segments more. */
  hasDotSegment(): boolean {
    for (let index = 0; index < this.segmentCount; index += 1) {
      const first = this.#text.charCodeAt(this.#starts[index] ?? 0);
      if ((first === dot || first === percent) && isDotSegment(this.segment(index))) return true;
    }
    return false;
  }

  /** Where the name of the pair between these ends; -1 when it is another name. The sign after it tells most names apart. */
  #endOfName(name: string, from: number, end: number): number {
    const decoded = this.#decoded?.get(from);
    if (decoded !== undefined) return decoded === name ? endOfName(this.#text, from, end) : -1;
    const nameEnd = from + name.length;
    if (nameEnd !== end && this.#text.charCodeAt(nameEnd) !== equals) return -1;
    return this.#text.startsWith(name, from) ? nameEnd : -1;
  }
}

/** Splits a target: path and query, or an absolute address. `undefined` when it is neither. */
export function splitTarget(text: string): Target | undefined {
  const start = pathStart(text);
  if (start < 0) return undefined;
  const mark = text.indexOf("?", start);
  const end = mark < 0 ? text.length : mark;
  return new Target(text, splitPath(text, start, end), splitQuery(text, end + 1));
}

/** A target's path with its escapes in place, for messages: at most 200 characters of it. */
export function shownPath(text: string): string {
  const start = Math.max(pathStart(text), 0);
  const path = text.slice(start, start + 201);
  const mark = path.indexOf("?");
  if (mark >= 0) return path.slice(0, mark);
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}

/** Decodes a path segment: escapes are UTF-8, a plus is a plus. `undefined` when it is malformed. */
export function decodePath(raw: string): string | undefined {
  const form = formOf(raw);
  if (form === plain || form === plus) return raw;
  return form === malformed ? undefined : unescaped(raw);
}

/** Decodes a query value: escapes are UTF-8, a plus is a space. `undefined` when it is malformed. */
export function decodeQuery(raw: string): string | undefined {
  const form = formOf(raw);
  if (form === plain) return raw;
  if (form === malformed) return undefined;
  return unescaped(raw.includes("+") ? raw.replaceAll("+", " ") : raw);
}

/** Whether a raw segment decodes to `.` or `..`, which some clients and proxies resolve and others do not. */
function isDotSegment(raw: string): boolean {
  if (raw.length > "%2e%2e".length) return false;
  const text = decodePath(raw);
  return text === "." || text === "..";
}

/** Names that were asked for lately: most are asked for again, and then one copy serves all who hold it. */
const sharedNames = new Map<string, string>();
const sharedNamesMax = 4_096;

/** The same name in memory that it shares with other requests for it, and with no request's own text. */
export function shared(name: string): string {
  const known = sharedNames.get(name);
  if (known !== undefined) return known;
  if (sharedNames.size >= sharedNamesMax) sharedNames.clear();
  const copy = own(name);
  sharedNames.set(copy, copy);
  return copy;
}

function pathStart(text: string): number {
  if (text.charCodeAt(0) === slash) return 0;
  const scheme = text.startsWith("http://") ? 7 : text.startsWith("https://") ? 8 : -1;
  return scheme < 0 ? -1 : text.indexOf("/", scheme);
}

function splitPath(text: string, start: number, end: number): readonly number[] {
  const starts: number[] = [];
  for (let at = start; at >= 0 && at < end; at = text.indexOf("/", at + 1)) starts.push(at + 1);
  starts.push(end + 1);
  return starts;
}

/** Where a query's pairs lie, and what their names mean where that is not what they look like. */
interface Query {
  readonly pairs: readonly number[];
  readonly decoded: ReadonlyMap<number, string> | undefined;
}

function splitQuery(text: string, start: number): Query {
  const pairs: number[] = [];
  let decoded: Map<number, string> | undefined;
  // The percent sign is looked for when the last is passed, not once per pair: a query of bare ampersands stays linear.
  let percentAt = text.indexOf("%", start);
  for (let from = start; from < text.length; ) {
    const ampersand = text.indexOf("&", from);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > from) pairs.push(from, end);
    if (percentAt >= 0 && percentAt < from) percentAt = text.indexOf("%", from);
    if (percentAt >= 0 && percentAt < end) {
      const nameEnd = endOfName(text, from, end);
      if (percentAt < nameEnd) {
        decoded ??= new Map();
        decoded.set(from, decodedName(text.slice(from, nameEnd)));
      }
    }
    from = end + 1;
  }
  return { pairs, decoded };
}

/** Where the name of the pair between these ends: at its first sign, or with the pair. Looks no further than that. */
function endOfName(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) !== equals) at += 1;
  return at;
}

/** A pair's name. One that cannot be decoded is nobody's and stays as it is. */
function decodedName(raw: string): string {
  return decodeQuery(raw) ?? raw;
}

function unescaped(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;
const equals = 0x3d;

const plain = 0;
const plus = 1;
const escaped = 2;
const malformed = 3;

/** How a raw text is to be decoded. A target has visible ASCII characters only; others must be escaped. */
function formOf(raw: string): number {
  let form = plain;
  for (let index = 0; index < raw.length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f) return malformed;
    if (code === percent) form = escaped;
    else if (code === 0x2b && form === plain) form = plus;
  }
  return form;
}
