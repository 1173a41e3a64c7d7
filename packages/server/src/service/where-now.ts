/** Where now: the channels where a user sits (wire specification § 9). */
import { trackedOf } from "@hereabouts/core";
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";

/** Lists the channels where the target sits and there is presence. */
export const whereNow: Execute<"where-now"> = async (context, keyset, command) => {
  const { subscribeKey, policy } = keyset;
  const channels = await context.engine.presence.user(subscribeKey, command.target, context.scheduler.now());
  return success({ channels: trackedOf(policy, channels) });
};
