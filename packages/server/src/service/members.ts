/** Groups to their channels, as they are at this moment. */
import { baseName, type Channel, type Group, type SubscribeKey } from "@hereabouts/protocol";
import type { Context } from "./context.ts";

/** Channels of groups, by the group's name without `-pnpres`. */
export type Members = ReadonlyMap<Group, readonly Channel[]>;

const noMembers: Members = new Map();

/** The members of the groups that a request names, with or without `-pnpres`; at once when it names none. */
export function membersOf(
  context: Context,
  keyset: SubscribeKey,
  groups: readonly Group[],
): Members | Promise<Members> {
  return groups.length === 0 ? noMembers : readMembers(context, keyset, groups);
}

async function readMembers(
  context: Context,
  keyset: SubscribeKey,
  groups: readonly Group[],
): Promise<Members> {
  const names = [...new Set(groups.map((group) => baseName(group)))];
  const lists = await Promise.all(names.map((group) => context.engine.groups.channels(keyset, group)));
  return new Map(names.map((group, position) => [group, lists[position] ?? []]));
}
