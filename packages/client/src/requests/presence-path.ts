/** Where presence requests go. */

import type { TargetNames } from "../machine/targets.ts";
import { listSegment } from "../names.ts";

/** The path of a keyset's presence. */
export function presencePath(subscribeKey: string): string {
  return `/v2/presence/sub-key/${encodeURIComponent(subscribeKey)}`;
}

/** The path of some channels' presence; none when there are only groups. */
export function channelsPath(subscribeKey: string, { channels }: TargetNames): string {
  return `${presencePath(subscribeKey)}/channel/${listSegment(channels)}`;
}

/** The parameter for groups; `undefined` when there are none. */
export function groupList({ groups }: TargetNames): string | undefined {
  return groups.length === 0 ? undefined : groups.join(",");
}
