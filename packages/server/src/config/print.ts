/** Shows options and what is in force: for `--help`, `--print-config` and the documentation. */
import { type Keyset, rulesMax } from "@hereabouts/core";
import type { Settings } from "../settings.ts";
import type { Configuration } from "./configuration.ts";
import type { Origin } from "./layers.ts";
import {
  keysetsOption,
  nodeOptions,
  type Option,
  type SingleSetting,
  settingOptions,
  singleSettings,
} from "./options.ts";
import { channelFields, type PolicyField, policyFields, ruleFields } from "./policy-fields.ts";

/** A value in force and where it comes from. */
interface Sourced {
  readonly value: unknown;
  readonly source: Origin;
}

/** What is in force as JSON text, each value with its source. Keysets that are not set are `null`. */
export function printConfiguration({ settings, origins }: Configuration): string {
  const sourced = (key: string, value: unknown): Sourced => ({
    value,
    source: origins.get(key) ?? "default",
  });
  const single = singleSettings.map((key) => [key, sourced(key, shownSetting(settings, key))] as const);
  const keysets =
    settings.keysets === undefined
      ? { ...sourced(keysetsOption.key, null), meaning: keysetsOption.standard }
      : settings.keysets.map((keyset, index) =>
          printKeyset(keyset, (key) => `keysets[${index}].${key}`, sourced),
        );
  return `${JSON.stringify({ ...Object.fromEntries(single), [keysetsOption.key]: keysets }, undefined, 2)}\n`;
}

function shownSetting(settings: Settings, key: SingleSetting): unknown {
  const value = settings[key];
  const { shown } = settingOptions[key].rule;
  if (value === undefined) return null;
  return shown === undefined ? value : shown(String(value));
}

function printKeyset(
  keyset: Keyset,
  keyOf: (key: string) => string,
  sourced: (key: string, value: unknown) => Sourced,
): Readonly<Record<string, Sourced>> {
  const { subscribeKey, publishKey, policy } = keyset;
  const values = Object.entries({ subscribeKey, publishKey, ...policy });
  return Object.fromEntries(values.map(([key, value]) => [key, sourced(keyOf(key), value)]));
}

/** Options as lines of a help text, for 100 columns and more: the flag, what it means, what it may be. */
export function printOptions(options: readonly Option[]): string {
  return options
    .map((option) => {
      const facts = [
        option.range,
        option.standard === undefined ? undefined : `default ${option.standard}`,
        option.environment,
      ].filter((fact) => fact !== undefined);
      const detail = facts.length === 0 ? [] : [indented(`[${facts.join("; ")}]`)];
      return [`  ${usageOf(option)}`, indented(option.description), ...detail].join("\n");
    })
    .join("\n");
}

/** A keyset's policy fields as lines of a help text. */
export function printPolicyFields(): string {
  const rules = [
    '  "rules"',
    indented(
      "What is different in some channels: a list of objects. The most specific that matches is in force.",
    ),
    indented(`[fields of a rule: ${Object.keys(ruleFields).join(", ")}; default none]`),
  ].join("\n");
  const fields: readonly PolicyField<unknown>[] = Object.values(policyFields);
  return [
    ...fields.map(({ key, rule, shownStandard, description }) =>
      [`  "${key}"`, indented(description), indented(`[${rule.range}; default ${shownStandard}]`)].join("\n"),
    ),
    rules,
  ].join("\n");
}

/** The options of a node and the fields of a policy as tables in Markdown. */
export function optionTables(options: readonly Option[] = nodeOptions): string {
  return [
    "| Flag | Variable | Key in a file | Range | Default | Meaning |",
    "|---|---|---|---|---|---|",
    ...options.map(optionRow),
    "",
    "| Field of a keyset | Range | Default | Meaning |",
    "|---|---|---|---|",
    ...Object.values(policyFields).map(fieldRow),
    `| \`rules\` | list of at most ${rulesMax} objects | none | What is different in some channels; see below. |`,
    "",
    "| Field of a rule | Range | Default | Meaning |",
    "|---|---|---|---|",
    ...Object.values(ruleFields)
      .filter(({ key }) => !(key in channelFields))
      .map(fieldRow),
    `| ${Object.keys(channelFields)
      .map((key) => `\`${key}\``)
      .join(", ")} | as above | the keyset's | As above, for these channels. |`,
    "",
  ].join("\n");
}

function fieldRow({ key, rule, shownStandard, description }: PolicyField<unknown>): string {
  return `| \`${key}\` | ${rule.range} | ${shownStandard} | ${description} |`;
}

function optionRow(option: Option): string {
  const cells = [
    `\`${usageOf(option)}\``,
    code(option.environment),
    code(option.key),
    option.range ?? "",
    option.standard ?? "",
    option.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}

function usageOf({ flag, placeholder }: Option): string {
  return placeholder === undefined ? flag : `${flag} ${placeholder}`;
}

/** A text in lines of at most 100 columns, six of them empty. */
function indented(text: string): string {
  return text.replace(/(.{1,94})(?: +|$)/g, "      $1\n").trimEnd();
}
