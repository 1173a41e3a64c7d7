/** JSON text with the place of every value, so that a message can point at it. Comments and trailing commas are fine. */
import { type Node, type ParseError, parseTree } from "jsonc-parser";
import { hint } from "./suggest.ts";

/** Where JSON came from: a file or an environment variable. */
export interface JsonSource {
  /** The file's path or the variable's name. */
  readonly name: string;
  readonly text: string;
}

/** Takes a problem down: a sentence that begins with its place. */
export type Report = (problem: string) => void;

/** What each error of the parser is called. The numbers are the parser's. */
const syntaxErrors: ReadonlyMap<number, string> = new Map([
  [1, "an unknown word or sign"],
  [2, "a number that is none"],
  [3, "a key in double quotes is missing"],
  [4, "a value is missing"],
  [5, "a colon is missing"],
  [6, "a comma is missing"],
  [7, "a closing brace is missing"],
  [8, "a closing bracket is missing"],
  [9, "something follows after the end"],
  [11, "a comment that does not end"],
  [12, "a text that does not end"],
  [13, "a number that does not end"],
  [14, "a bad \\u escape"],
  [15, "a bad escape"],
  [16, "a control character in a text"],
]);

/** The root of a source's tree, or `undefined` after a report: of the first error only, for others follow from it. */
export function parseSource(source: JsonSource, report: Report): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(source.text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined && root !== undefined) return root;
  const what = syntaxErrors.get(first?.error ?? 4) ?? "it cannot be read";
  report(`${placeAt(source, first?.offset ?? 0)}: not JSON: ${what}`);
  return undefined;
}

/** The values of an object's known keys. Reports unknown and repeated keys, and a node that is no object. */
export function fieldsOf(
  source: JsonSource,
  node: Node,
  known: readonly string[],
  report: Report,
): ReadonlyMap<string, Node> {
  const fields = new Map<string, Node>();
  if (node.type !== "object") {
    report(`${placeOf(source, node)}: ${shown(source, node)} is not an object with ${known.join(", ")}`);
    return fields;
  }
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (keyNode === undefined || valueNode === undefined) continue;
    const key = String(keyNode.value);
    const first = fields.get(key);
    if (!known.includes(key)) {
      report(`${placeOf(source, keyNode)}: unknown key ${JSON.stringify(key)}; ${hint(key, known)}`);
    } else if (first !== undefined) {
      const place = lineAndColumn(source.text, first.offset).join(":");
      report(`${placeOf(source, keyNode)}: ${key} is set twice; its first value is at ${place}`);
    } else {
      fields.set(key, valueNode);
    }
  }
  return fields;
}

/** A single value, or `undefined` for an object or list: no single value is undefined. */
export function singleValue(node: Node): string | number | boolean | null | undefined {
  return node.type === "object" || node.type === "array" ? undefined : node.value;
}

/** Where a value begins: `name:line:column`, both counted from 1. */
export function placeOf(source: JsonSource, node: Node): string {
  return placeAt(source, node.offset);
}

/** In which line a value begins: `name:line`. */
export function lineOf(source: JsonSource, node: Node): string {
  return `${source.name}:${lineAndColumn(source.text, node.offset)[0]}`;
}

/** A value as it stands in the source, shortened for a message. */
export function shown(source: JsonSource, node: Node): string {
  return shortened(source.text.slice(node.offset, node.offset + node.length));
}

/** A text in one line of at most 60 characters. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 57)}...`;
}

function placeAt(source: JsonSource, offset: number): string {
  return `${source.name}:${lineAndColumn(source.text, offset).join(":")}`;
}

function lineAndColumn(text: string, offset: number): readonly [number, number] {
  const before = text.slice(0, offset);
  return [before.split("\n").length, offset - before.lastIndexOf("\n")];
}
