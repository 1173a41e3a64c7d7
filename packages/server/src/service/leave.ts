/** Leave: the user gives up its seats (wire specification § 6). */
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { channelsOf } from "./members.ts";

/** Gives up the seats in every channel named. */
export const leave: Execute<"leave"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
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
