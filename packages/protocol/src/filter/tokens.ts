/** Splits a filter expression into tokens. */

/** A token and where it starts, counted in characters from 0. */
export type Token = {
  readonly at: number;
} & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "sign"; readonly value: string }
  | { readonly kind: "end"; readonly value: "" }
  /** What cannot be read; nothing follows it. */
  | { readonly kind: "unreadable"; readonly value: string }
);

/** The tokens of an expression, the last of them `end` or `unreadable`. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text.charCodeAt(at))) at += 1;
    const token = tokenAt(text, at);
    tokens.push(token.token);
    if (token.token.kind === "end" || token.token.kind === "unreadable") return tokens;
    at = token.end;
  }
}

interface Found {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(text: string, at: number): Found {
  if (at >= text.length) return { token: { kind: "end", value: "", at }, end: at };
  const code = text.charCodeAt(at);
  if (isQuote(code)) return textAt(text, at);
  if (isDigit(code) || (code === dot && isDigit(text.charCodeAt(at + 1)))) return numberAt(text, at);
  if (isNameStart(code)) return nameAt(text, at);
  const double = text.slice(at, at + 2);
  if (doubleSigns.has(double)) return { token: { kind: "sign", value: double, at }, end: at + 2 };
  const single = text.charAt(at);
  if (singleSigns.includes(single)) return { token: { kind: "sign", value: single, at }, end: at + 1 };
  return { token: { kind: "unreadable", value: single, at }, end: at };
}

const doubleSigns: ReadonlySet<string> = new Set(["==", "!=", "<=", ">=", "&&", "||"]);
const singleSigns = "<>!+-*/%()[],.";

/** A quoted text. A backslash takes the next character as it is, so that quotes can stand in texts. */
function textAt(text: string, start: number): Found {
  const quote = text.charCodeAt(start);
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return { token: { kind: "text", value, at: start }, end: at + 1 };
    if (code === backslash) at += 1;
    value += text.charAt(at);
  }
  return { token: { kind: "unreadable", value: "a text without its closing quote", at: start }, end: start };
}

function numberAt(text: string, start: number): Found {
  let end = digitsEnd(text, start);
  if (text.charCodeAt(end) === dot) end = digitsEnd(text, end + 1);
  const exponent = exponentDigits(text, end);
  if (exponent > 0) end = digitsEnd(text, exponent);
  return { token: { kind: "number", value: Number(text.slice(start, end)), at: start }, end };
}

/** Where the digits of an exponent start, or 0 when there is none at `at`. */
function exponentDigits(text: string, at: number): number {
  if (text.charAt(at).toLowerCase() !== "e") return 0;
  const sign = text.charAt(at + 1);
  const digits = sign === "+" || sign === "-" ? at + 2 : at + 1;
  return isDigit(text.charCodeAt(digits)) ? digits : 0;
}

function digitsEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function nameAt(text: string, start: number): Found {
  let end = start + 1;
  while (isNameStart(text.charCodeAt(end)) || isDigit(text.charCodeAt(end))) end += 1;
  return { token: { kind: "name", value: text.slice(start, end), at: start }, end };
}

const dot = 0x2e;
const backslash = 0x5c;

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, the underscore, the dollar sign and everything beyond ASCII. */
function isNameStart(code: number): boolean {
  if (code >= 0x80 || code === 0x5f || code === 0x24) return true;
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
