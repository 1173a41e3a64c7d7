/** JSON as text: writing strings, measuring, and taking an object apart without re-writing its values. */
import type { JsonText } from "../model/json.ts";

/** A text as a JSON string. */
export function jsonString(text: string): string {
  return JSON.stringify(text);
}

/** Whether a text has more than `bytesMax` bytes in UTF-8. */
export function exceedsBytes(text: string, bytesMax: number): boolean {
  // A UTF-16 unit takes one to three bytes, so most texts need no counting.
  if (text.length > bytesMax) return true;
  if (text.length * 3 <= bytesMax) return false;
  return utf8Bytes(text) > bytesMax;
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    // Each half of a surrogate pair counts for two of the pair's four bytes.
    else if (code >= 0xd800 && code <= 0xdfff) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

/**
 * The members of a JSON object: decoded names, values as they are written. Of members with the same name the last
 * counts. The text must be a valid object without white space between its tokens.
 */
export function membersOf(object: JsonText): ReadonlyMap<string, JsonText> {
  const members = new Map<string, JsonText>();
  let at = 1;
  while (object.charCodeAt(at) === quote) {
    const colon = endOfString(object, at);
    const end = endOfValue(object, colon + 1);
    const name: unknown = JSON.parse(object.slice(at, colon));
    members.set(String(name), object.slice(colon + 1, end) as JsonText);
    at = end + 1;
  }
  return members;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** The index behind the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

/** The index of the comma or bracket behind the value that starts at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      continue;
    }
    if (isOpening(code)) depth += 1;
    else if (depth === 0 && (code === comma || isClosing(code))) return at;
    else if (isClosing(code)) depth -= 1;
    at += 1;
  }
  return at;
}

function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b;
}

function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d;
}
