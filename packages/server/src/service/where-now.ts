/** Where now: the channels where a user sits (wire specification § 9). */
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";

/** Lists the channels where the target sits. */
export const whereNow: Execute<"where-now"> = async (context, keyset, command) =>
  success({
    channels: await context.engine.presence.user(
      keyset.subscribeKey,
      command.target,
      context.scheduler.now(),
    ),
  });
