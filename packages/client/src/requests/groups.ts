/** Channel groups: named sets of channels. */
import type { Call } from "./call.ts";
import { field, malformed, textsField } from "./reply.ts";

/** What to do with a group. */
export type GroupChange =
  | { readonly add: readonly string[] }
  | { readonly remove: readonly string[] }
  | { readonly delete: true };

/** Changes a group. */
export function changeGroupCall(subscribeKey: string, group: string, change: GroupChange): Call<void> {
  const path = groupPath(subscribeKey, group);
  const read = (json: unknown): void => {
    if (field(json, "status") !== 200) malformed("status");
  };
  if ("delete" in change) return { path: `${path}/remove`, read };
  const query = "add" in change ? { add: change.add.join(",") } : { remove: change.remove.join(",") };
  return { path, query, read };
}

/** Asks for a group's channels. */
export function listGroupCall(
  subscribeKey: string,
  group: string,
): Call<{ readonly channels: readonly string[] }> {
  return {
    path: groupPath(subscribeKey, group),
    read: (json) => ({ channels: textsField(field(json, "payload"), "channels") }),
  };
}

/** Asks for the keyset's groups. */
export function listGroupsCall(subscribeKey: string): Call<{ readonly channelGroups: readonly string[] }> {
  return {
    path: groupsPath(subscribeKey),
    read: (json) => ({ channelGroups: textsField(field(json, "payload"), "groups") }),
  };
}

function groupsPath(subscribeKey: string): string {
  return `/v1/channel-registration/sub-key/${encodeURIComponent(subscribeKey)}/channel-group`;
}

function groupPath(subscribeKey: string, group: string): string {
  return `${groupsPath(subscribeKey)}/${encodeURIComponent(group)}`;
}
