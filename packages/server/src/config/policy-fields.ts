/**
 * The table of a policy's fields and of its rules'. Help, validation and the tables in the documentation come from here; a
 * field without a row does not compile.
 */
import {
  announceMaxMax,
  type Rule as ChannelRule,
  type ChannelSettings,
  defaultPolicy,
  disconnectGraceSecondsMax,
  intervalSecondsMax,
  type Policy,
  presenceActions,
} from "@hereabouts/core";
import {
  choiceRule,
  eventsRule,
  integerRule,
  noticeChannelRule,
  numberRule,
  patternRule,
  type Rule,
  switchRule,
} from "./rules.ts";

/** A field of a keyset's policy, or of one of its rules; it is set in a file or in `HEREABOUTS_KEYSETS`. */
export interface PolicyField<Value> {
  readonly key: string;
  readonly rule: Rule<Value>;
  /** What is in force when it is not set; `undefined` for what must be. */
  readonly standard: Value | undefined;
  /** The same as text. */
  readonly shownStandard: string;
  readonly description: string;
}

/** The fields of a policy with a single value. */
export type SinglePolicyField = Exclude<keyof Policy, "rules">;

const seconds = (min: number, max: number): Rule<number> => integerRule(min, max, "seconds");

/** The fields of a keyset's policy that its rules may have, too. */
export const channelFields: { readonly [Key in keyof ChannelSettings]: PolicyField<ChannelSettings[Key]> } = {
  presenceTimeoutSeconds: field(
    "presenceTimeoutSeconds",
    seconds(1, 3_600),
    "Without a renewal for this long a user's seat ends, where its client does not say otherwise.",
  ),
  presenceTimeoutSecondsMin: field(
    "presenceTimeoutSecondsMin",
    seconds(1, 3_600),
    "The least presence timeout that a client gets; who asks for less gets this.",
  ),
  presenceTimeoutSecondsMax: field(
    "presenceTimeoutSecondsMax",
    seconds(1, 3_600),
    "The most presence timeout that a client gets; who asks for more gets this.",
  ),
  debounceSeconds: field(
    "debounceSeconds",
    numberRule(0, 60, "seconds"),
    "For this long after a leave, a returning poll does not join again.",
  ),
  announceMax: field(
    "announceMax",
    integerRule(0, announceMaxMax),
    "Up to this many users in a channel every join, leave and timeout is told by an event of its own; above it the channel is summed up in intervals.",
  ),
  intervalSeconds: field(
    "intervalSeconds",
    seconds(1, intervalSecondsMax),
    "How often a channel with more than announceMax users is summed up.",
  ),
  presenceDeltas: field(
    "presenceDeltas",
    switchRule,
    "Whether a summary names who joined, left and timed out since the one before.",
  ),
  leaveOnDisconnect: field(
    "leaveOnDisconnect",
    switchRule,
    "Whether a user leaves whose client closes the connection of a waiting poll.",
  ),
  disconnectGraceSeconds: field(
    "disconnectGraceSeconds",
    numberRule(0, disconnectGraceSecondsMax, "seconds"),
    "For this long the client may come back before its user has left.",
  ),
  activeNoticeChannel: field(
    "activeNoticeChannel",
    noticeChannelRule,
    "Where a message is published when the first user comes to a channel and when the last one goes; null is nowhere.",
  ),
};

/** The fields of a keyset's policy with a single value. */
export const policyFields: { readonly [Key in SinglePolicyField]: PolicyField<Policy[Key]> } = {
  ...channelFields,
  impliedHeartbeat: field("impliedHeartbeat", switchRule, "Whether a poll renews the seats of its user."),
  multiDevice: field(
    "multiDevice",
    choiceRule("CHOICE", ["each", "refcount"]),
    "Whether every leave of a user counts (each), or only one in channels that no other open poll of the user on the node covers (refcount).",
  ),
  globalHereNow: field(
    "globalHereNow",
    switchRule,
    "Whether here now may be asked for all channels at once.",
  ),
  streamFiltering: field(
    "streamFiltering",
    switchRule,
    "Whether presence events carry the metadata that filter expressions can select them by.",
  ),
  hereNowStaleMs: field(
    "hereNowStaleMs",
    integerRule(0, 60_000, "ms"),
    "For how long a here now answer may be served although its channel has changed.",
  ),
  channelsPerGroupMax: field("channelsPerGroupMax", integerRule(1, 20_000), "Channels a group may hold."),
  tracking: field(
    "tracking",
    choiceRule("CHOICE", ["all", "selected"]),
    "Whether there is presence in all channels, or only in those that a rule selects.",
  ),
};

/** The fields of a rule; those of {@link channelFields} are the keyset's own where a rule does not set them. */
export const ruleFields: {
  readonly [Key in keyof ChannelRule]-?: PolicyField<Exclude<ChannelRule[Key], undefined>>;
} = {
  channels: {
    key: "channels",
    rule: patternRule,
    standard: undefined,
    shownStandard: "must be given",
    description: "The channels that the rule is for.",
  },
  track: {
    key: "track",
    rule: switchRule,
    standard: true,
    shownStandard: "true",
    description: "Whether there is presence in these channels.",
  },
  events: {
    key: "events",
    rule: eventsRule,
    standard: presenceActions,
    shownStandard: "all of them",
    description: "Which presence events are told of these channels.",
  },
  ...channelFields,
};

function field<Key extends SinglePolicyField>(
  key: Key,
  rule: Rule<Policy[Key]>,
  description: string,
): PolicyField<Policy[Key]> {
  const standard = defaultPolicy[key];
  return { key, rule, standard, shownStandard: String(standard), description };
}
