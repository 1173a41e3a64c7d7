/** The three places settings are read from: a file, the environment, flags. Each is checked whole, used or not. */
import type { Node } from "jsonc-parser";
import type { Settings } from "../settings.ts";
import {
  fieldsOf,
  type JsonSource,
  lineOf,
  parseSource,
  placeOf,
  type Report,
  shortened,
  shown,
  singleValue,
} from "./json-source.ts";
import { type FoundKeyset, parseKeysetFlags, parseKeysetList } from "./keysets.ts";
import {
  keysetsOption,
  nodeOptions,
  otherEnvironment,
  type SingleSetting,
  settingOptions,
  singleSettings,
} from "./options.ts";
import { hint } from "./suggest.ts";

/** Where a value comes from: `default`, `hereabouts.json:3`, `env HEREABOUTS_PORT` or `flag --port`. */
export type Origin = string;

/** What one place sets. */
export interface Layer {
  readonly settings: Partial<Settings>;
  /** Where each value comes from, by its key; a keyset's values have keys such as `keysets[0].publishKey`. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** A flag as it was given: its name with the dashes, and its value. */
export interface GivenFlag {
  readonly flag: string;
  readonly text: string;
}

interface OpenLayer {
  readonly settings: { -readonly [Key in keyof Settings]?: Settings[Key] };
  readonly origins: Map<string, Origin>;
}

/** What a configuration file sets. */
export function fileLayer(source: JsonSource, report: Report): Layer {
  const layer: OpenLayer = { settings: {}, origins: new Map() };
  const root = parseSource(source, report);
  if (root === undefined) return layer;
  const fields = fieldsOf(source, root, [...singleSettings, keysetsOption.key], report);
  for (const key of singleSettings) {
    const node = fields.get(key);
    if (node === undefined) continue;
    layer.origins.set(key, lineOf(source, node));
    if (!set(layer, key, singleValue(node))) {
      report(`${placeOf(source, node)}: ${key}: ${shownValue(source, node, key)} is not ${expected(key)}`);
    }
  }
  const list = fields.get(keysetsOption.key);
  if (list !== undefined)
    setKeysets(layer, parseKeysetList(source, list, report), (node) => lineOf(source, node));
  return layer;
}

/** What the environment sets. An empty variable counts as not set. */
export function environmentLayer(environment: ReadonlyMap<string, string>, report: Report): Layer {
  const layer: OpenLayer = { settings: {}, origins: new Map() };
  for (const key of singleSettings) {
    const { environment: name, rule } = settingOptions[key];
    const text = environment.get(name) ?? "";
    if (text === "") continue;
    layer.origins.set(key, `env ${name}`);
    if (!set(layer, key, rule.fromText(text))) {
      report(`${name}: ${quoted(text, key)} is not ${rule.expected}${serviceLinkRemark(text)}`);
    }
  }
  const text = environment.get(keysetsOption.environment) ?? "";
  if (text !== "") {
    const source: JsonSource = { name: keysetsOption.environment, text };
    const list = parseSource(source, report);
    const found = list === undefined ? [] : parseKeysetList(source, list, report);
    setKeysets(layer, found, () => `env ${keysetsOption.environment}`);
  }
  reportUnknownVariables(environment, report);
  return layer;
}

/** What flags set. Of a flag that is given twice, the last counts; every `--keyset` does. */
export function flagLayer(flags: readonly GivenFlag[], report: Report): Layer {
  const layer: OpenLayer = { settings: {}, origins: new Map() };
  for (const key of singleSettings) {
    const { flag, rule } = settingOptions[key];
    for (const { text } of flags.filter((one) => one.flag === flag)) {
      layer.origins.set(key, `flag ${flag}`);
      if (!set(layer, key, rule.fromText(text)))
        report(`${flag}: ${quoted(text, key)} is not ${rule.expected}`);
    }
  }
  const texts = flags.filter(({ flag }) => flag === keysetsOption.flag).map(({ text }) => text);
  if (texts.length > 0) {
    const found = parseKeysetFlags(texts, report).map((keyset) => ({ keyset, places: givenKeys }));
    setKeysets(layer, found, () => `flag ${keysetsOption.flag}`);
  }
  return layer;
}

const givenKeys: ReadonlyMap<string, undefined> = new Map([
  ["subscribeKey", undefined],
  ["publishKey", undefined],
]);

/** Sets a value when it is one the setting may have. */
function set<Key extends SingleSetting>(layer: OpenLayer, key: Key, value: unknown): boolean {
  const checked = settingOptions[key].rule.schema.safeParse(value);
  if (checked.success) layer.settings[key] = checked.data;
  return checked.success;
}

function setKeysets<Place>(
  layer: OpenLayer,
  found: readonly FoundKeyset<Place>[],
  originOf: (place: Place) => Origin,
): void {
  layer.settings.keysets = found.map(({ keyset }) => keyset);
  for (const [index, { places }] of found.entries()) {
    for (const [key, place] of places) layer.origins.set(`keysets[${index}].${key}`, originOf(place));
  }
}

function expected(key: SingleSetting): string {
  return settingOptions[key].rule.expected;
}

function quoted(text: string, key: SingleSetting): string {
  const { shown: show } = settingOptions[key].rule;
  return JSON.stringify(shortened(show === undefined ? text : show(text)));
}

/** A value as it stands in the source, or without its secrets where it may have some. */
function shownValue(source: JsonSource, node: Node, key: SingleSetting): string {
  const value = singleValue(node);
  return typeof value === "string" && settingOptions[key].rule.shown !== undefined
    ? quoted(value, key)
    : shown(source, node);
}

/** Kubernetes gives every pod such variables for a service that is called `hereabouts`. */
const serviceLink = /_SERVICE_(HOST|PORT(_.*)?)$|_PORT_\d+_(TCP|UDP)(_.*)?$/;

function serviceLinkRemark(text: string): string {
  if (!/^(tcp|udp):\/\//.test(text)) return "";
  return " (Kubernetes sets it for a service called hereabouts: set enableServiceLinks to false in the pod)";
}

function reportUnknownVariables(environment: ReadonlyMap<string, string>, report: Report): void {
  const known = [...nodeOptions.flatMap((option) => option.environment ?? []), ...otherEnvironment];
  for (const name of environment.keys()) {
    if (!name.startsWith("HEREABOUTS_") || known.includes(name) || serviceLink.test(name)) continue;
    report(`${name}: unknown environment variable; ${hint(name, known)}`);
  }
}
