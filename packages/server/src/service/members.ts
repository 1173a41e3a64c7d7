/** Groups to their channels, as they are at this moment. */
import { expandTargets, type Members } from "@hereabouts/core";
import { baseName, type Channel, type Group, type SubscribeKey, type Targets } from "@hereabouts/protocol";
import type { Context } from "./context.ts";

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

/** The channels that a request names or whose group it names, for commands that need no more of the groups. */
export async function channelsOf(
  context: Context,
  keyset: SubscribeKey,
  targets: Targets,
): Promise<readonly Channel[]> {
  return expandTargets(targets, await membersOf(context, keyset, targets.groups));
}
