/** A keyset and its policy: settings with defaults, ranges, and the relations that must hold between them. */
import {
  type PublishKey,
  presenceTimeoutSecondsMax,
  presenceTimeoutSecondsMin,
  type SubscribeKey,
} from "@hereabouts/protocol";
import { channelsPerGroupDefault } from "./limits.ts";

/** A keyset's settings. Source of each: semantics § 1.1. */
export interface Policy {
  /** Seconds without a renewal after which a seat ends, for requests that do not say. 1-3600, default 300. */
  readonly presenceTimeoutSeconds: number;
  /** Seconds after an explicit leave during which a returning poll does not join again. 0-60, default 2. */
  readonly debounceSeconds: number;
  /** Whether a subscribe with a cursor counts as a renewal. Default true. */
  readonly impliedHeartbeat: boolean;
  /** Whether here now may be asked for the whole keyset. Default true. */
  readonly globalHereNow: boolean;
  /** Whether presence envelopes carry `pn_*` metadata for filters. Default true. */
  readonly streamFiltering: boolean;
  /**
   * Milliseconds for which a here now answer may be served although the channel has changed. 0-60000, default 0:
   * never stale. For very hot channels.
   */
  readonly hereNowStaleMs: number;
  /** Channels a group may hold. 1-20000, default 2000. */
  readonly channelsPerGroupMax: number;
}

/** A tenant: its keys and its policy. */
export interface Keyset {
  readonly subscribeKey: SubscribeKey;
  readonly publishKey: PublishKey;
  readonly policy: Policy;
}

/** What is in force when nothing is set. */
export const defaultPolicy: Policy = {
  presenceTimeoutSeconds: 300,
  debounceSeconds: 2,
  impliedHeartbeat: true,
  globalHereNow: true,
  streamFiltering: true,
  hereNowStaleMs: 0,
  channelsPerGroupMax: channelsPerGroupDefault,
};

/** Every way in which a policy is out of range, as sentences that name the value and the range. */
export function policyProblems(policy: Policy): readonly string[] {
  const problems: string[] = [];
  for (const { name, min, max, whole } of ranges) {
    const value = policy[name];
    const isInRange = value >= min && value <= max && (!whole || Number.isInteger(value));
    if (isInRange) continue;
    problems.push(
      `${name} is ${value}; it must be ${whole ? "a whole number" : "a number"} from ${min} to ${max}.`,
    );
  }
  return problems;
}

/** A setting's range, both ends included. */
interface Range {
  readonly name: "presenceTimeoutSeconds" | "debounceSeconds" | "hereNowStaleMs" | "channelsPerGroupMax";
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const ranges: readonly Range[] = [
  {
    name: "presenceTimeoutSeconds",
    min: presenceTimeoutSecondsMin,
    max: presenceTimeoutSecondsMax,
    whole: true,
  },
  { name: "debounceSeconds", min: 0, max: 60, whole: false },
  { name: "hereNowStaleMs", min: 0, max: 60_000, whole: true },
  { name: "channelsPerGroupMax", min: 1, max: 20_000, whole: true },
];
