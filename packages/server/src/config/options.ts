/**
 * The table of options. Help, validation, `--print-config` and the table in the documentation all come from here and from
 * `policy-fields.ts`; a setting without a row does not compile.
 */
import { defaultSettings, drainSecondsOfCluster, type LogLevel, type Settings } from "../settings.ts";
import { choiceRule, dataRule, engineRule, hostRule, integerRule, prefixRule, type Rule } from "./rules.ts";

/** An option as people see it. */
export interface Option {
  /** Its key in a configuration file; `undefined` for what only flags and environment can say. */
  readonly key: string | undefined;
  readonly flag: string;
  readonly environment: string | undefined;
  /** What stands for the value in help texts; `undefined` for a flag without a value. */
  readonly placeholder: string | undefined;
  /** The allowed values, short, with their unit. */
  readonly range: string | undefined;
  /** What is in force when it is not set, as text. */
  readonly standard: string | undefined;
  readonly description: string;
}

/** An option for one setting with a single value. */
export interface SettingOption<Value> extends Option {
  readonly key: string;
  readonly environment: string;
  readonly rule: Rule<Value>;
}

/** The settings with a single value. */
export type SingleSetting = Exclude<keyof Settings, "keysets">;

const logLevels: readonly LogLevel[] = ["silent", "fatal", "error", "warn", "info", "debug"];

/** The options for settings with a single value, in the order in which they are shown. */
export const settingOptions: { readonly [Key in SingleSetting]: SettingOption<Settings[Key]> } = {
  host: setting("host", hostRule, "The interface to listen on; 0.0.0.0 or :: for all of them."),
  port: setting("port", integerRule(0, 65_535), "The TCP port to listen on; 0 takes a free one."),
  engine: setting(
    "engine",
    engineRule,
    "Who keeps seats, groups and keysets: this node by itself, or a Redis or Valkey that many nodes share. Everybody who lists processes sees a password in a flag, so give it in the variable or a file.",
  ),
  partitions: {
    ...setting(
      "partitions",
      integerRule(1, 256),
      "Parts into which a cluster engine divides a keyset: the first node settles it, and another number is refused later. For cluster engines only.",
    ),
    standard: "what is settled, else 24",
  },
  prefix: setting(
    "prefix",
    prefixRule,
    "What the names in a cluster engine begin with, so that it may be used for more than one service. For cluster engines only.",
  ),
  data: setting(
    "data",
    dataRule,
    "Where the embedded engine keeps groups, keysets and, over a restart, seats, from the working directory; :memory: keeps nothing.",
  ),
  pollHoldSeconds: setting(
    "pollHoldSeconds",
    integerRule(1, 300, "seconds"),
    "How long a poll is held when nothing happens; clients give up after 310.",
  ),
  hereNowCacheMs: setting(
    "hereNowCacheMs",
    integerRule(0, 60_000, "ms"),
    "How long an encoded here now answer is kept for the next caller while its channel stays unchanged.",
  ),
  drainSeconds: {
    ...setting(
      "drainSeconds",
      integerRule(0, 60, "seconds"),
      "Over how long a node that is told to stop spreads the answers to held polls, and says that it is not ready.",
    ),
    standard: `${defaultSettings.drainSeconds}, with a cluster engine ${drainSecondsOfCluster}`,
  },
  streamTimeoutSeconds: setting(
    "streamTimeoutSeconds",
    integerRule(3, 60, "seconds"),
    "How long seats outlast a node that dies with their streams open: then other nodes announce them as timed out. Nodes renew at a third of it.",
  ),
  logLevel: setting("logLevel", choiceRule("LEVEL", logLevels), "How much the node says about itself."),
};

/** The keys of {@link settingOptions}, in their order. */
export const singleSettings: readonly SingleSetting[] = Object.keys(
  settingOptions,
) as readonly SingleSetting[];

/** The option for keysets: a list in a file or in the environment, one `SUBSCRIBE:PUBLISH` per flag. */
export const keysetsOption: Option & { readonly key: string; readonly environment: string } = {
  key: "keysets",
  flag: "--keyset",
  environment: "HEREABOUTS_KEYSETS",
  placeholder: "SUBSCRIBE:PUBLISH",
  range: "1-92 characters a key, without slash, comma, white space",
  standard: "those the engine has stored, else demo:demo",
  description:
    "A tenant by its subscribe and publish key; repeat it for more. The variable and the file hold a JSON list of objects.",
};

/** The option that names a configuration file. */
export const configOption: Option & { readonly environment: string } = {
  key: undefined,
  flag: "--config",
  environment: "HEREABOUTS_CONFIG",
  placeholder: "FILE",
  range: "JSON; comments and trailing commas allowed",
  standard: undefined,
  description: "A file to take settings from. Environment variables go before it, and flags before both.",
};

/** Every option of a node, in the order in which they are shown. */
export const nodeOptions: readonly Option[] = [configOption, ...Object.values(settingOptions), keysetsOption];

/** Environment variables that others than the configuration read. */
export const otherEnvironment: readonly string[] = ["HEREABOUTS_RUNTIME"];

function setting<Key extends SingleSetting>(
  key: Key,
  rule: Rule<Settings[Key]>,
  description: string,
): SettingOption<Settings[Key]> {
  const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    key,
    flag: `--${words}`,
    environment: `HEREABOUTS_${words.replaceAll("-", "_").toUpperCase()}`,
    placeholder: rule.placeholder,
    range: rule.range,
    standard: String(defaultSettings[key]),
    description,
    rule,
  };
}
