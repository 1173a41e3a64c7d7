/** Watches the groups that a poll names, from before they are read: so no change between reading and holding is missed. */
import type { Cancel, GroupStore } from "@hereabouts/core";
import { baseName, type Group, type SubscribeKey } from "@hereabouts/protocol";
import type { Waiter } from "@hereabouts/protocol/wire";

/** A watch on the groups of one request. */
export interface GroupsWatch {
  /** Releases a poll when one of the groups may have changed; at once when one has since the watch began. */
  onChange(poll: Waiter): void;
  /** Ends the watch. */
  stop: Cancel;
}

/** Begins to watch groups, named with or without `-pnpres`. */
export function watchGroups(store: GroupStore, keyset: SubscribeKey, groups: readonly Group[]): GroupsWatch {
  let hasChanged = false;
  let listener: Waiter | undefined;
  const names = groups.map((group) => baseName(group));
  const stop = store.watch(keyset, names, () => {
    hasChanged = true;
    listener?.release();
  });
  return {
    onChange: (poll) => {
      listener = poll;
      if (hasChanged) poll.release();
    },
    stop,
  };
}
