/**
 * Per channel, joins minus leaves and timeouts equal the occupancy that is said, and revisions count up by one; where
 * large channels are summed up, at quiet moments only.
 */
import type { Checker, Entry, Problem } from "../history.ts";
import { emptyFold, type Folded, fold, foldAll } from "./fold.ts";

const checker = "occupancy";

/** Checks every change on what went before it, and the engine's count at quiet moments. */
export const occupancy: Checker = ({ entries, quiets, terms }) => {
  const channels = new Map<string, Folded>();
  const problems: Problem[] = [];
  for (const entry of entries) {
    if (entry.change === undefined || terms.summing !== undefined) continue;
    const { channel } = entry.change;
    const before = channels.get(channel) ?? emptyFold();
    channels.set(channel, before);
    const wrong = faultOf(entry, before);
    fold(before, entry);
    const { size } = before.users;
    const counted = entry.change.occupancy === size ? [] : [`says ${entry.change.occupancy} and not ${size}`];
    for (const message of [...wrong, ...counted]) {
      problems.push({
        checker,
        step: entry.step,
        message: `${entry.timetoken} ${channel} ${entry.what}: ${message}`,
      });
    }
  }
  for (const quiet of quiets) {
    const folded = foldAll(entries.slice(0, quiet.entries));
    for (const { channel, occupancy: said } of quiet.engine) {
      const size = folded.get(channel)?.users.size ?? 0;
      if (said === size) continue;
      problems.push({
        checker,
        step: quiet.step,
        message: `${channel} has ${said}, and its events come to ${size}`,
      });
    }
  }
  return problems;
};

function faultOf({ change }: Entry, before: Folded): readonly string[] {
  if (change === undefined) return [];
  const { kind, user, epoch, revision } = change;
  const isThere = before.users.has(user);
  const problems: string[] = [];
  if (kind === "join" && isThere) problems.push(`${user} is there already`);
  if ((kind === "leave" || kind === "timeout") && !isThere) problems.push(`${user} is not there`);
  const isNext = epoch === before.epoch ? revision === before.revision + 1 : true;
  if (!isNext) problems.push(`follows on ${before.epoch}/${before.revision}`);
  return problems;
}
