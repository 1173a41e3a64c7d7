/** Reads keysets: from a JSON list with places, or from `SUBSCRIBE:PUBLISH` texts. */
import { defaultPolicy, type Keyset, type Policy, settingProblems } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import type { Node } from "jsonc-parser";
import { parseRules } from "./channel-rules.ts";
import { fieldsOf, type JsonSource, placeOf, type Report, shown, singleValue } from "./json-source.ts";
import { keyProblem } from "./keys.ts";
import { type PolicyField, policyFields, type SinglePolicyField } from "./policy-fields.ts";

/** Keysets one configuration may list. */
export const keysetsMax = 10_000;

const policyKeys = Object.keys(policyFields) as readonly SinglePolicyField[];
const keysetKeys: readonly string[] = ["subscribeKey", "publishKey", ...policyKeys, "rules"];

/** A keyset and the places of its values, by their keys; what has no place is a default. */
export interface FoundKeyset<Place> {
  readonly keyset: Keyset;
  readonly places: ReadonlyMap<string, Place>;
}

/** The keysets of a JSON list. Reports everything that is wrong; a keyset with a problem is left out. */
export function parseKeysetList(
  source: JsonSource,
  list: Node,
  report: Report,
): readonly FoundKeyset<Node>[] {
  const items = list.type === "array" ? (list.children ?? []) : [];
  if (items.length === 0) {
    report(`${placeOf(source, list)}: keysets: ${shown(source, list)} is not a list of one keyset or more`);
  }
  if (items.length > keysetsMax) {
    report(`${placeOf(source, list)}: keysets: lists ${items.length} keysets, more than ${keysetsMax}`);
    return [];
  }
  const firsts = new Map<string, number>();
  return items.flatMap((item, index) => {
    const fields = fieldsOf(source, item, keysetKeys, report);
    if (item.type !== "object") return [];
    reportDuplicate(source, fields.get("subscribeKey"), { index, firsts, report });
    const keyset = parseKeyset({ source, item, fields, name: `keysets[${index}]`, report });
    return keyset === undefined ? [] : [{ keyset, places: fields }];
  });
}

/** The keysets of `SUBSCRIBE:PUBLISH` texts. */
export function parseKeysetFlags(texts: readonly string[], report: Report): readonly Keyset[] {
  const seen = new Set<string>();
  return texts.flatMap((text) => {
    const problem = keysetFlagProblem(text, seen);
    if (problem !== undefined) {
      report(`--keyset: ${problem}`);
      return [];
    }
    const [subscribeKey = "", publishKey = ""] = text.split(":");
    seen.add(subscribeKey);
    return [keysetOf(subscribeKey, publishKey, defaultPolicy)];
  });
}

function keysetFlagProblem(text: string, seen: ReadonlySet<string>): string | undefined {
  const parts = text.split(":");
  const [subscribeKey = "", publishKey = ""] = parts;
  if (parts.length !== 2) {
    return `${JSON.stringify(text)} is not SUBSCRIBE:PUBLISH, such as demo:demo (keys with a colon go into a file)`;
  }
  const problem = keyProblem(subscribeKey);
  if (problem !== undefined) return `the subscribe key of ${JSON.stringify(text)} ${problem}`;
  const publishProblem = keyProblem(publishKey);
  if (publishProblem !== undefined) return `the publish key of ${JSON.stringify(text)} ${publishProblem}`;
  return seen.has(subscribeKey)
    ? `the subscribe key ${JSON.stringify(subscribeKey)} is given twice`
    : undefined;
}

interface KeysetItem {
  readonly source: JsonSource;
  readonly item: Node;
  readonly fields: ReadonlyMap<string, Node>;
  /** Its place in the list, for messages: `keysets[0]`. */
  readonly name: string;
  readonly report: Report;
}

function parseKeyset(found: KeysetItem): Keyset | undefined {
  const subscribeKey = parseKey(found, "subscribeKey");
  const publishKey = parseKey(found, "publishKey");
  const policy = parsePolicy(found);
  if (subscribeKey === undefined || publishKey === undefined || policy === undefined) return undefined;
  return keysetOf(subscribeKey, publishKey, policy);
}

function parseKey({ source, item, fields, name, report }: KeysetItem, key: string): string | undefined {
  const node = fields.get(key);
  if (node === undefined) {
    report(`${placeOf(source, item)}: ${name}: ${key} is missing`);
    return undefined;
  }
  const value = singleValue(node);
  const problem = typeof value === "string" ? keyProblem(value) : "is not a text";
  if (problem === undefined && typeof value === "string") return value;
  report(`${placeOf(source, node)}: ${name}.${key}: ${shown(source, node)} ${problem}`);
  return undefined;
}

function parsePolicy({ source, item, fields, name, report }: KeysetItem): Policy | undefined {
  let complete = true;
  const policy: { -readonly [Key in keyof Policy]: Policy[Key] } = { ...defaultPolicy };
  const take = <Key extends SinglePolicyField>(key: Key): void => {
    const node = fields.get(key);
    if (node === undefined) return;
    const { rule }: PolicyField<Policy[Key]> = policyFields[key];
    const checked = rule.schema.safeParse(singleValue(node));
    if (checked.success) policy[key] = checked.data;
    else {
      complete = false;
      report(`${placeOf(source, node)}: ${name}.${key}: ${shown(source, node)} is not ${rule.expected}`);
    }
  };
  for (const key of policyKeys) take(key);
  const problems = complete ? settingProblems(policy) : [];
  for (const problem of problems) report(`${placeOf(source, item)}: ${name}: ${problem}`);
  const list = fields.get("rules");
  const rules = list === undefined ? [] : parseRules({ source, list, name: `${name}.rules`, policy, report });
  return complete && problems.length === 0 && rules !== undefined ? { ...policy, rules } : undefined;
}

function reportDuplicate(
  source: JsonSource,
  node: Node | undefined,
  at: { readonly index: number; readonly firsts: Map<string, number>; readonly report: Report },
): void {
  const value = node === undefined ? undefined : singleValue(node);
  if (node === undefined || typeof value !== "string") return;
  const first = at.firsts.get(value);
  if (first === undefined) {
    at.firsts.set(value, at.index);
    return;
  }
  const name = `keysets[${at.index}].subscribeKey`;
  at.report(`${placeOf(source, node)}: ${name}: ${shown(source, node)} is taken by keysets[${first}]`);
}

function keysetOf(subscribeKey: string, publishKey: string, policy: Policy): Keyset {
  return { subscribeKey: subscribeKey as SubscribeKey, publishKey: publishKey as PublishKey, policy };
}
