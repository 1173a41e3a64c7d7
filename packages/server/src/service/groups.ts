/** Channel groups (wire specification § 12). */
import { failure, success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";

/** Lists the keyset's groups. */
export const listGroups: Execute<"list-groups"> = async (context, keyset) =>
  success({ groups: await context.engine.groups.groups(keyset.subscribeKey) });

/** Lists a group's channels; an unknown group has none. */
export const listGroup: Execute<"list-group"> = async (context, keyset, command) =>
  success({ channels: await context.engine.groups.channels(keyset.subscribeKey, command.group) });

/** Adds channels to a group and removes channels from it. */
export const changeGroup: Execute<"change-group"> = async (context, keyset, command) => {
  const fits = await context.engine.groups.change(
    keyset.subscribeKey,
    command.group,
    { add: command.add, remove: command.remove },
    keyset.policy.channelsPerGroupMax,
  );
  return fits ? success(undefined) : failure("group-too-large");
};

/** Deletes a group, known or not. */
export const deleteGroup: Execute<"delete-group"> = async (context, keyset, command) => {
  await context.engine.groups.drop(keyset.subscribeKey, command.group);
  return success(undefined);
};
