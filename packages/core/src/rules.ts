/** Which settings are in force in a channel: its policy's, and those of the most specific rule that matches it. */
import type { Channel } from "@hereabouts/protocol";
import { assert } from "./assert.ts";
import { channelsWithRulesKnownMax } from "./limits.ts";
import { createPattern, type Pattern } from "./pattern.ts";
import {
  type ChannelSettings,
  type Policy,
  type PresenceAction,
  presenceActions,
  type Rule,
} from "./policy.ts";
import type { Summing } from "./ports.ts";

/** What is in force in a channel. Channels with the same rule have the same object. */
export interface ChannelPolicy extends ChannelSettings {
  /** Whether there is presence in the channel: seats, occupancy, events. */
  readonly isTracked: boolean;
  /** Which presence events are told of it. */
  readonly events: ReadonlySet<PresenceAction>;
}

/** Whether the same is in force in every channel, and there is presence in all. */
export function isUniform(policy: Policy): boolean {
  return policy.rules.length === 0 && policy.tracking === "all";
}

/**
 * What is in force in a channel. An exact name goes before a pattern, then the longer literal text goes first, then the
 * order given. Remembered for a policy and a channel.
 */
export function ruleFor(policy: Policy, channel: Channel): ChannelPolicy {
  const ready = readyRules(policy);
  if (ready.rules.length === 0) return ready.otherwise;
  const known = ready.known.get(channel);
  if (known !== undefined) return known;
  const rule = ready.rules.find(({ pattern }) => pattern.matches(channel));
  const found = rule?.policy ?? ready.otherwise;
  remember(ready.known, channel, found);
  return found;
}

/** Whether there is presence in a channel. */
export function isTracked(policy: Policy, channel: Channel): boolean {
  return isUniform(policy) || ruleFor(policy, channel).isTracked;
}

/** The channels with presence among these. The list itself when there is presence in all. */
export function trackedOf(policy: Policy, channels: readonly Channel[]): readonly Channel[] {
  if (channels.every((channel) => isTracked(policy, channel))) return channels;
  return channels.filter((channel) => isTracked(policy, channel));
}

/** The channels with presence among these, put together by something that their rules say of them. */
export function trackedBy<Key>(
  policy: Policy,
  channels: readonly Channel[],
  keyOf: (policy: ChannelPolicy) => Key,
): ReadonlyMap<Key, readonly Channel[]> {
  const found = new Map<Key, Channel[]>();
  for (const channel of channels) {
    const rule = ruleFor(policy, channel);
    if (!rule.isTracked) continue;
    const key = keyOf(rule);
    const alike = found.get(key);
    if (alike === undefined) found.set(key, [channel]);
    else alike.push(channel);
  }
  return found;
}

/** When a channel is summed up instead of told change by change; `undefined` where there is no presence to tell of. */
export function summingFor(policy: Policy, channel: Channel): Summing | undefined {
  const { isTracked, announceMax, intervalSeconds } = ruleFor(policy, channel);
  return isTracked ? { announceMax, everyMs: intervalSeconds * 1_000 } : undefined;
}

/** A presence timeout that a request asks for, brought into the range. */
export function timeoutInRange(
  range: Pick<ChannelSettings, "presenceTimeoutSecondsMin" | "presenceTimeoutSecondsMax">,
  seconds: number,
): number {
  if (seconds < range.presenceTimeoutSecondsMin) return range.presenceTimeoutSecondsMin;
  return Math.min(seconds, range.presenceTimeoutSecondsMax);
}

interface ReadyRule {
  readonly pattern: Pattern;
  readonly policy: ChannelPolicy;
}

/** A policy's rules, the most specific first. */
interface ReadyRules {
  readonly rules: readonly ReadyRule[];
  readonly otherwise: ChannelPolicy;
  readonly known: Map<Channel, ChannelPolicy>;
}

const readyByPolicy = new WeakMap<Policy, ReadyRules>();

function readyRules(policy: Policy): ReadyRules {
  let ready = readyByPolicy.get(policy);
  if (ready === undefined) {
    ready = makeReady(policy);
    readyByPolicy.set(policy, ready);
  }
  return ready;
}

function makeReady(policy: Policy): ReadyRules {
  const rules = policy.rules.map((rule) => ({
    pattern: createPattern(rule.channels),
    policy: channelPolicyOf(policy, rule),
  }));
  // Sorting keeps the order of what is equally specific.
  rules.sort(({ pattern: one }, { pattern: other }) => {
    if (one.isExact !== other.isExact) return one.isExact ? -1 : 1;
    return other.literals - one.literals;
  });
  const otherwise = channelPolicyOf(policy, { channels: "*", track: policy.tracking === "all" });
  return { rules, otherwise, known: new Map() };
}

function channelPolicyOf(policy: Policy, rule: Rule): ChannelPolicy {
  return {
    isTracked: rule.track ?? true,
    events: new Set(rule.events ?? presenceActions),
    announceMax: rule.announceMax ?? policy.announceMax,
    intervalSeconds: rule.intervalSeconds ?? policy.intervalSeconds,
    presenceDeltas: rule.presenceDeltas ?? policy.presenceDeltas,
    presenceTimeoutSeconds: rule.presenceTimeoutSeconds ?? policy.presenceTimeoutSeconds,
    presenceTimeoutSecondsMin: rule.presenceTimeoutSecondsMin ?? policy.presenceTimeoutSecondsMin,
    presenceTimeoutSecondsMax: rule.presenceTimeoutSecondsMax ?? policy.presenceTimeoutSecondsMax,
    debounceSeconds: rule.debounceSeconds ?? policy.debounceSeconds,
    leaveOnDisconnect: rule.leaveOnDisconnect ?? policy.leaveOnDisconnect,
    disconnectGraceSeconds: rule.disconnectGraceSeconds ?? policy.disconnectGraceSeconds,
    activeNoticeChannel:
      rule.activeNoticeChannel === undefined ? policy.activeNoticeChannel : rule.activeNoticeChannel,
  };
}

/** The one that was asked for first gives way to one more. */
function remember(known: Map<Channel, ChannelPolicy>, channel: Channel, policy: ChannelPolicy): void {
  known.set(channel, policy);
  if (known.size <= channelsWithRulesKnownMax) return;
  const [oldest] = known.keys();
  assert(oldest !== undefined, "a map that is too large has a first key");
  known.delete(oldest);
}
