/** Reads the rules of a keyset: what is different in some of its channels. */
import { type Rule as ChannelRule, type Policy, ruleProblems, rulesMax } from "@hereabouts/core";
import { getNodeValue, type Node } from "jsonc-parser";
import { fieldsOf, type JsonSource, placeOf, type Report, shown } from "./json-source.ts";
import { type PolicyField, ruleFields } from "./policy-fields.ts";

/** A list of rules and what it belongs to. */
export interface RuleList {
  readonly source: JsonSource;
  readonly list: Node;
  /** Its place, for messages: `keysets[0].rules`. */
  readonly name: string;
  /** The policy that is in force where a rule does not say otherwise. */
  readonly policy: Policy;
  readonly report: Report;
}

const ruleKeys = Object.keys(ruleFields) as readonly (keyof ChannelRule)[];

/** The rules, or `undefined` after every problem there is was reported. */
export function parseRules({
  source,
  list,
  name,
  policy,
  report,
}: RuleList): readonly ChannelRule[] | undefined {
  if (list.type !== "array") {
    report(`${placeOf(source, list)}: ${name}: ${shown(source, list)} is not a list`);
    return undefined;
  }
  const items = list.children ?? [];
  if (items.length > rulesMax) {
    report(`${placeOf(source, list)}: ${name}: lists ${items.length} rules, more than ${rulesMax}`);
    return undefined;
  }
  const read = items.map((item, index) => parseRule({ source, item, name: `${name}[${index}]`, report }));
  const rules = read.map(({ rule }) => rule);
  let isGood = true;
  for (const [index, { rule, isComplete }] of read.entries()) {
    const problems = isComplete ? ruleProblems({ ...policy, rules }, index, rule) : [];
    if (!isComplete || problems.length > 0) isGood = false;
    const item = items[index] ?? list;
    for (const problem of problems) report(`${placeOf(source, item)}: ${name}[${index}]: ${problem}`);
  }
  return isGood ? rules : undefined;
}

interface RuleItem {
  readonly source: JsonSource;
  readonly item: Node;
  readonly name: string;
  readonly report: Report;
}

/** What can be read of a rule, and whether that is all of it. */
function parseRule({ source, item, name, report }: RuleItem): {
  readonly rule: ChannelRule;
  readonly isComplete: boolean;
} {
  let isComplete = item.type === "object";
  const incomplete: Report = (problem) => {
    isComplete = false;
    report(problem);
  };
  const fields = fieldsOf(source, item, ruleKeys, incomplete);
  const rule: { -readonly [Key in keyof ChannelRule]: ChannelRule[Key] } = { channels: "" };
  const take = <Key extends keyof ChannelRule>(key: Key): void => {
    const node = fields.get(key);
    if (node === undefined) return;
    const field = ruleFields[key] as PolicyField<NonNullable<ChannelRule[Key]>>;
    const checked = field.rule.schema.safeParse(getNodeValue(node));
    if (checked.success) rule[key] = checked.data;
    else {
      incomplete(
        `${placeOf(source, node)}: ${name}.${key}: ${shown(source, node)} is not ${field.rule.expected}`,
      );
    }
  };
  for (const key of ruleKeys) take(key);
  if (item.type === "object" && !fields.has("channels"))
    incomplete(`${placeOf(source, item)}: ${name}: channels is missing`);
  return { rule, isComplete };
}
