/** Leave: the user gives up its seats (wire specification § 6). */
import { expandTargets } from "@hereabouts/core";
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { membersOf } from "./members.ts";

/** Gives up the seats in every channel named. */
export const leave: Execute<"leave"> = async (context, keyset, command) => {
  const members = await membersOf(context, keyset.subscribeKey, command.groups);
  const channels = expandTargets(command, members);
  if (channels.length > 0) {
    await context.engine.presence.leave(
      keyset.subscribeKey,
      {
        user: command.user,
        device: command.device,
        channels,
        debounceMs: keyset.policy.debounceSeconds * 1_000,
      },
      context.scheduler.now(),
    );
  }
  return success(undefined);
};
