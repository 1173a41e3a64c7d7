/** What there is to say between two snapshots of a roster. */
import type { JsonObject, RosterSnapshot } from "@hereabouts/client";

type Snapshot = RosterSnapshot<JsonObject>;

/** A line for everybody who came, went, or has another state; and one when the roster becomes whole or stops being it. */
export function newsBetween(before: Snapshot, after: Snapshot): readonly string[] {
  const { occupancy, complete } = after;
  const lines: string[] = [];
  for (const [userId, { state }] of after.occupants) {
    const old = before.occupants.get(userId);
    if (old === undefined) lines.push(`+ ${userId}${describe(state)}`);
    // Snapshots share what did not change.
    else if (old.state !== state) lines.push(`~ ${userId}${describe(state)}`);
  }
  for (const userId of before.occupants.keys()) {
    if (!after.occupants.has(userId)) lines.push(`- ${userId}`);
  }
  if (complete !== before.complete) lines.push(complete ? `= ${occupancy} here` : "? closing a gap");
  return lines;
}

function describe(state: JsonObject | undefined): string {
  return state === undefined ? "" : ` ${JSON.stringify(state)}`;
}
