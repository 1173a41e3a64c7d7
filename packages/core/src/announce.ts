/** What subscribers are told of a log entry: a pure function of the entry and the keyset's policy. */
import { emptyState, type Item, type PresenceEvent, presenceChannel } from "@hereabouts/protocol";
import type { Policy } from "./policy.ts";
import type { Change, LogEntry } from "./ports.ts";

/** An entry as subscribers see it, or `undefined` when they are not to see it. */
export function announce(entry: LogEntry, policy: Policy): Item | undefined {
  if (entry.kind === "publication") return { ...entry.publication, timetoken: entry.timetoken };
  return {
    kind: "presence",
    timetoken: entry.timetoken,
    channel: presenceChannel(entry.change.channel),
    event: toEvent(entry.change),
    metadata: policy.streamFiltering,
  };
}

/** A join and a leave carry state only when there is some, a timeout always (semantics § 4). */
function toEvent(change: Change): PresenceEvent {
  const { channel, user, at, occupancy, revision, epoch } = change;
  const about = { channel, user, at, occupancy, revision, epoch };
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
