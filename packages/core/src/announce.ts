/** What subscribers are told of a log entry: a pure function of the entry and the keyset's policy. */
import {
  emptyState,
  type IntervalEvent,
  type Item,
  type PresenceEvent,
  presenceChannel,
} from "@hereabouts/protocol";
import type { Policy, PresenceAction } from "./policy.ts";
import type { Change, IntervalNotice, LogEntry } from "./ports.ts";
import { ruleFor } from "./rules.ts";

/**
 * An entry as subscribers see it, or `undefined` when they are not to see it: when the channel's rule has no presence or
 * not this event, or when the change is of those that are summed up.
 */
export function announce(entry: LogEntry, policy: Policy): Item | undefined {
  if (entry.kind === "publication") return { ...entry.publication, timetoken: entry.timetoken };
  const { channel } = entry.kind === "change" ? entry.change : entry.interval;
  const { isTracked, events, announceMax, presenceDeltas } = ruleFor(policy, channel);
  const event =
    entry.kind === "change" ? changeEvent(entry.change) : intervalEvent(entry.interval, presenceDeltas);
  if (!isTracked || !events.has(event.action)) return undefined;
  if (isSilentWhenLarge(event.action) && event.occupancy > announceMax) return undefined;
  return {
    kind: "presence",
    timetoken: entry.timetoken,
    channel: presenceChannel(event.channel),
    event,
    metadata: policy.streamFiltering,
  };
}

/** Whether changes of this kind are told one by one only in channels that are not too large (semantics § 8). */
function isSilentWhenLarge(action: PresenceAction): boolean {
  return action === "join" || action === "leave" || action === "timeout";
}

/** A join and a leave carry state only when there is some, a timeout always (semantics § 4). */
function changeEvent(change: Change): PresenceEvent {
  const { channel, user, at, occupancy, revision, epoch, isSummedUp } = change;
  const about = { channel, user, at, occupancy, revision, epoch, ...(isSummedUp && { isSummedUp }) };
  const state = change.state ?? emptyState;
  switch (change.kind) {
    case "join":
    case "leave":
      return { action: change.kind, ...about, state: state === emptyState ? undefined : state };
    case "timeout":
      return { action: "timeout", ...about, state };
    case "state-change":
      return { action: "state-change", ...about, state };
  }
}

/** Lists that do not tell everything are not told at all. */
function intervalEvent(notice: IntervalNotice, presenceDeltas: boolean): IntervalEvent {
  const { channel, at, occupancy, revision, epoch, hereNowRefresh } = notice;
  const about = { action: "interval", channel, at, occupancy, revision, epoch, hereNowRefresh } as const;
  if (hereNowRefresh) return { ...about, joined: [], left: [], timedOut: [] };
  const { joined = [], left = [], timedOut = [], sinceRevision, here } = notice;
  return {
    ...{ ...about, joined, left, timedOut },
    ...(!presenceDeltas && { listsNeedDetails: true }),
    ...(sinceRevision !== undefined && here !== undefined && { sinceRevision, here }),
  };
}
