/** Active and inactive notices: messages that a channel got its first occupant or lost its last (semantics § 10). */
import {
  type Change,
  type EventLog,
  isUniform,
  type Keyset,
  type Publication,
  ruleFor,
} from "@hereabouts/core";
import { type Channel, type JsonText, parseJsonText } from "@hereabouts/protocol";
import type { Follower } from "./after-changes.ts";

/** Publishes a notice for each change that makes a channel active or inactive, where its rule names a channel for it. */
export function createActiveNotices(log: EventLog): Follower {
  return (keyset, changes, now) => {
    if (isUniform(keyset.policy) && keyset.policy.activeNoticeChannel === null) return undefined;
    const notices = noticesOf(keyset, changes);
    if (notices.length === 0) return undefined;
    return log.append(keyset.subscribeKey, notices, now).then(() => {});
  };
}

function noticesOf(keyset: Keyset, changes: readonly Change[]): readonly Publication[] {
  return changes.flatMap((change) => {
    const action = activityOf(change);
    if (action === undefined) return [];
    const { isTracked, activeNoticeChannel } = ruleFor(keyset.policy, change.channel);
    if (!isTracked || activeNoticeChannel === null) return [];
    return [noticeOf(activeNoticeChannel, action, change)];
  });
}

function activityOf({ kind, occupancy }: Change): "active" | "inactive" | undefined {
  if (kind === "join") return occupancy === 1 ? "active" : undefined;
  if (kind === "state-change") return undefined;
  return occupancy === 0 ? "inactive" : undefined;
}

function noticeOf(channel: Channel, action: "active" | "inactive", change: Change): Publication {
  return {
    kind: "message",
    channel,
    publisher: undefined,
    payload: jsonOf({ action, channel: change.channel, timestamp: Math.floor(change.at / 1_000) }),
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
}

function jsonOf(value: Readonly<Record<string, string | number>>): JsonText {
  const text = parseJsonText(JSON.stringify(value));
  if (text === undefined) throw new Error("What was made JSON is none.");
  return text;
}
