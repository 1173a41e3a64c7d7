/** What can be wrong with a policy and its rules: values, their ranges, and the relations between them. */
import {
  type Channel,
  isPresenceName,
  isWildcard,
  nameProblem,
  presenceTimeoutSecondsMax,
  presenceTimeoutSecondsMin,
} from "@hereabouts/protocol";
import {
  announceMaxMax,
  disconnectGraceSecondsMax,
  intervalSecondsMax,
  rulesMax,
  wildcardsPerPatternMax,
} from "./limits.ts";
import { type ChannelSettings, type Policy, presenceActions, type Rule } from "./policy.ts";

/**
 * Every way in which a policy is out of range, as sentences that name the value and the range. A rule's begin with its
 * place: `rules[3]: `.
 */
export function policyProblems(policy: Policy): readonly string[] {
  const { rules } = policy;
  const problems = [...settingProblems(policy)];
  if (rules.length > rulesMax) problems.push(`There are ${rules.length} rules; there may be ${rulesMax}.`);
  for (const [index, rule] of rules.slice(0, rulesMax).entries()) {
    for (const problem of ruleProblems(policy, index, rule)) problems.push(`rules[${index}]: ${problem}`);
  }
  return problems;
}

/** Every way in which a policy's own settings, without its rules, are wrong. */
export function settingProblems(policy: Policy): readonly string[] {
  const outOfRange = rangeProblems(policy);
  return [
    ...outOfRange,
    ...(outOfRange.length > 0 ? [] : timeoutProblems(policy)),
    ...noticeChannelProblem(policy.activeNoticeChannel),
  ];
}

/** Every way in which the rule at a place of a policy's list is wrong. */
export function ruleProblems(policy: Policy, index: number, rule: Rule): readonly string[] {
  const outOfRange = rangeProblems(rule);
  return [
    ...patternProblem(rule.channels),
    ...repetitionProblem(policy.rules, index, rule.channels),
    ...eventProblems(rule.events ?? []),
    ...outOfRange,
    ...(outOfRange.length > 0 ? [] : timeoutProblems({ ...policy, ...rule })),
    ...noticeChannelProblem(rule.activeNoticeChannel ?? null),
  ];
}

/** Why nothing can be published on a channel; none when it can, or when there is none. */
function noticeChannelProblem(channel: Channel | null): readonly string[] {
  if (channel === null) return [];
  const problem =
    nameProblem(channel) ??
    (isPresenceName(channel) ? "is a presence channel" : undefined) ??
    (isWildcard(channel) ? "is a wildcard" : undefined);
  return problem === undefined
    ? []
    : [`activeNoticeChannel is ${JSON.stringify(channel)}, which ${problem}.`];
}

function patternProblem(pattern: string): readonly string[] {
  const problem = nameProblem(pattern) ?? shapeProblem(pattern);
  return problem === undefined ? [] : [`channels is ${JSON.stringify(pattern)}, which ${problem}.`];
}

function shapeProblem(pattern: string): string | undefined {
  if (isPresenceName(pattern)) return "is a presence channel: a rule is for the channel itself";
  const wildcards = pattern.split("*").length - 1;
  return wildcards > wildcardsPerPatternMax
    ? `has ${wildcards} times *, more than ${wildcardsPerPatternMax}`
    : undefined;
}

/** The later of two rules for the same channels would never be in force. */
function repetitionProblem(rules: readonly Rule[], index: number, pattern: string): readonly string[] {
  const first = rules.findIndex(({ channels }) => channels === pattern);
  return first >= index ? [] : [`channels is ${JSON.stringify(pattern)}, as in rules[${first}].`];
}

function eventProblems(events: readonly string[]): readonly string[] {
  const known: readonly string[] = presenceActions;
  const problems = events
    .filter((event) => !known.includes(event))
    .map((event) => `events has ${JSON.stringify(event)}; it may have ${presenceActions.join(", ")}.`);
  const repeated = events.find((event, index) => events.indexOf(event) !== index);
  if (repeated !== undefined) problems.push(`events has ${JSON.stringify(repeated)} twice.`);
  return problems;
}

/** The numbers among settings that are set and out of range, as sentences. */
function rangeProblems(settings: Partial<Policy>): readonly string[] {
  const problems: string[] = [];
  for (const { name, min, max, whole } of ranges) {
    const value = settings[name];
    if (value === undefined) continue;
    const isInRange = value >= min && value <= max && (!whole || Number.isInteger(value));
    if (isInRange) continue;
    problems.push(
      `${name} is ${value}; it must be ${whole ? "a whole number" : "a number"} from ${min} to ${max}.`,
    );
  }
  return problems;
}

type Timeouts = Pick<
  ChannelSettings,
  "presenceTimeoutSeconds" | "presenceTimeoutSecondsMin" | "presenceTimeoutSecondsMax"
>;

/** What is wrong between presence timeouts that are each in range, as sentences. */
function timeoutProblems(settings: Timeouts): readonly string[] {
  const {
    presenceTimeoutSeconds: standard,
    presenceTimeoutSecondsMin: min,
    presenceTimeoutSecondsMax: max,
  } = settings;
  if (min > max)
    return [`presenceTimeoutSecondsMin is ${min}, more than presenceTimeoutSecondsMax, which is ${max}.`];
  if (standard >= min && standard <= max) return [];
  return [
    `presenceTimeoutSeconds is ${standard}; it must be from presenceTimeoutSecondsMin, which is ${min}, to presenceTimeoutSecondsMax, which is ${max}.`,
  ];
}

type NumberOf<Type> = { [Name in keyof Type]: Type[Name] extends number ? Name : never }[keyof Type];

/** A setting's range, both ends included. */
interface Range {
  readonly name: NumberOf<Policy>;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const timeoutRange = { min: presenceTimeoutSecondsMin, max: presenceTimeoutSecondsMax, whole: true };

const ranges: readonly Range[] = [
  { name: "presenceTimeoutSeconds", ...timeoutRange },
  { name: "presenceTimeoutSecondsMin", ...timeoutRange },
  { name: "presenceTimeoutSecondsMax", ...timeoutRange },
  { name: "debounceSeconds", min: 0, max: 60, whole: false },
  { name: "announceMax", min: 0, max: announceMaxMax, whole: true },
  { name: "intervalSeconds", min: 1, max: intervalSecondsMax, whole: true },
  { name: "disconnectGraceSeconds", min: 0, max: disconnectGraceSecondsMax, whole: false },
  { name: "hereNowStaleMs", min: 0, max: 60_000, whole: true },
  { name: "channelsPerGroupMax", min: 1, max: 20_000, whole: true },
];
