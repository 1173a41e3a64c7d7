/** JSON carried through the service as text: never re-written, so that numbers and key order survive unchanged. */

declare const brand: unique symbol;

/** A JSON value's text, without white space between its tokens. */
export type JsonText = string & { readonly [brand]: "json" };
/** The text of a JSON object that a user attaches to its seat. */
export type State = JsonText & { readonly [brand]: "json" };

/** The empty state, which setting means clearing. */
export const emptyState: State = "{}" as State;

/** A text as JSON without insignificant white space, or `undefined` when it is not JSON. */
export function parseJsonText(text: string): JsonText | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return compact(text) as JsonText;
}

/** A text as a state, or `undefined` when it is not a JSON object. `null` reads as the empty state. */
export function parseState(text: string): State | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null) return emptyState;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  return compact(text) as State;
}

/** Drops white space outside strings. The text must be valid JSON. */
function compact(text: string): string {
  if (!/[ \t\r\n]/.test(text)) return text;
  return text.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, "$1");
}
