/** What follows from changes, whichever verb made them: the changes of every verb pass here, each once. */
import type { Change, Instant, Keyset } from "@hereabouts/core";
import type { Log } from "../log.ts";

/** Something that follows from changes. `undefined` when there is nothing to wait for. */
export type Follower = (
  keyset: Keyset,
  changes: readonly Change[],
  now: Instant,
) => Promise<void> | undefined;

/**
 * Sees to what follows from changes, of which there is at least one. Never rejects, for the changes are made: what could
 * not be done is said in the log.
 */
export type AfterChanges = Follower;

/** Has every follower see all changes, in this order. */
export function createAfterChanges(followers: readonly Follower[], log: Log): AfterChanges {
  return (keyset, changes, now) => {
    const waits = followers.flatMap((follow) => follow(keyset, changes, now) ?? []);
    if (waits.length === 0) return undefined;
    const { subscribeKey } = keyset;
    return Promise.allSettled(waits).then((results) => {
      for (const result of results) {
        if (result.status === "fulfilled") continue;
        log.warn("What follows from a change could not be done.", {
          subscribeKey,
          err: result.reason as unknown,
        });
      }
    });
  };
}
