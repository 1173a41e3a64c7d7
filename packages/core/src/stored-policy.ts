/** Reads policies that were stored as JSON, perhaps by an older version that knew fewer settings. */
import type { Channel } from "@hereabouts/protocol";
import { defaultPolicy, type Policy, type PresenceAction, presenceActions, type Rule } from "./policy.ts";
import { policyProblems } from "./policy-problems.ts";

/** The policy of a JSON text, or a sentence why it is none. A setting that the text does not have has its default. */
export function parseStoredPolicy(
  text: string,
): { readonly policy: Policy } | { readonly policy: undefined; readonly problem: string } {
  const problems: string[] = [];
  const stored = parseObject(text);
  if (typeof stored === "string") return { policy: undefined, problem: stored };
  const settings: Settings = { stored, place: "", problems };
  const policy: Policy = {
    ...defaultPolicy,
    ...settingsIn(settings, policyKinds),
    rules: rulesOf(stored.get("rules") ?? [], problems),
  };
  const [problem] = [...problems, ...(problems.length === 0 ? policyProblems(policy) : [])];
  return problem === undefined ? { policy } : { policy: undefined, problem };
}

interface Settings {
  readonly stored: ReadonlyMap<string, unknown>;
  /** What names of settings begin with in a problem. */
  readonly place: string;
  readonly problems: string[];
}

/** What a value may be: whether it is, and how that is said. */
interface Kind<Value> {
  readonly isIt: (value: unknown) => value is Value;
  readonly isNot: string;
}

type Kinds<Type> = { readonly [Name in keyof Type]-?: Kind<Exclude<Type[Name], undefined>> };

const numberKind: Kind<number> = { isIt: (value) => typeof value === "number", isNot: "not a number" };
const switchKind: Kind<boolean> = {
  isIt: (value) => typeof value === "boolean",
  isNot: "neither true nor false",
};
const textKind: Kind<string> = { isIt: (value) => typeof value === "string", isNot: "not a text" };
const noticeKind: Kind<Channel | null> = {
  isIt: (value): value is Channel | null => value === null || typeof value === "string",
  isNot: "neither a text nor null",
};
const eventsKind: Kind<readonly PresenceAction[]> = {
  isIt: (value): value is readonly PresenceAction[] =>
    Array.isArray(value) && value.every((event) => presenceActions.includes(event)),
  isNot: `not a list of ${presenceActions.join(", ")}`,
};

const ruleKinds: Kinds<Rule> = {
  channels: textKind,
  track: switchKind,
  events: eventsKind,
  announceMax: numberKind,
  intervalSeconds: numberKind,
  presenceDeltas: switchKind,
  presenceTimeoutSeconds: numberKind,
  presenceTimeoutSecondsMin: numberKind,
  presenceTimeoutSecondsMax: numberKind,
  debounceSeconds: numberKind,
  leaveOnDisconnect: switchKind,
  disconnectGraceSeconds: numberKind,
  activeNoticeChannel: noticeKind,
};

const { channels: _channels, track: _track, events: _events, ...channelKinds } = ruleKinds;

const policyKinds: Kinds<Omit<Policy, "rules">> = {
  ...channelKinds,
  tracking: choiceKind(["all", "selected"]),
  multiDevice: choiceKind(["each", "refcount"]),
  impliedHeartbeat: switchKind,
  globalHereNow: switchKind,
  streamFiltering: switchKind,
  hereNowStaleMs: numberKind,
  channelsPerGroupMax: numberKind,
};

function choiceKind<Choice extends string>(choices: readonly Choice[]): Kind<Choice> {
  return {
    isIt: (value): value is Choice => choices.some((choice) => choice === value),
    isNot: `neither ${choices.join(" nor ")}`,
  };
}

/** The settings that are stored, each of its kind. What has another is reported; others' settings are passed over. */
function settingsIn<Type>({ stored, place, problems }: Settings, kinds: Kinds<Type>): Partial<Type> {
  const found: Partial<Type> = {};
  for (const name of Object.keys(kinds) as (keyof Type & string)[]) {
    const value = stored.get(name);
    if (value === undefined) continue;
    const kind = kinds[name];
    if (kind.isIt(value)) found[name] = value;
    else problems.push(`${place}${name} is ${JSON.stringify(value)}, ${kind.isNot}.`);
  }
  return found;
}

function rulesOf(stored: unknown, problems: string[]): readonly Rule[] {
  if (!Array.isArray(stored)) {
    problems.push(`rules is ${JSON.stringify(stored)}, not a list.`);
    return [];
  }
  return stored.flatMap((value, index) => {
    const settings = mapOf(value);
    if (settings === undefined) {
      problems.push(`rules[${index}] is ${JSON.stringify(value)}, not an object.`);
      return [];
    }
    const { channels, ...rule } = settingsIn<Rule>(
      { stored: settings, place: `rules[${index}].`, problems },
      ruleKinds,
    );
    if (channels === undefined) problems.push(`rules[${index}] has no channels.`);
    return channels === undefined ? [] : [{ channels, ...rule }];
  });
}

function parseObject(text: string): ReadonlyMap<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "its policy is not JSON.";
  }
  return mapOf(value) ?? "its policy is not an object.";
}

function mapOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? new Map(Object.entries(value as object)) : undefined;
}
