/** Leave: the user gives up its seats (wire specification § 6). */
import type { Keyset } from "@hereabouts/core";
import { type LeaveCommand, success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { channelsOf } from "./members.ts";
import { leaveSeats } from "./seats.ts";

/** Gives up the seats in every channel named. */
export const leave: Execute<"leave"> = async (context, keyset, command) => {
  const named = await channelsOf(context, keyset.subscribeKey, command);
  const channels = isCounted(keyset, command)
    ? context.connections.uncovered(keyset.subscribeKey, command, named)
    : named;
  if (channels.length > 0) {
    const { user, device } = command;
    await leaveSeats(context, keyset, { user, device, channels }, context.scheduler.now());
  }
  return success(undefined);
};

/**
 * Whether the clients that hold a lease together are counted by their polls. A client that names itself has a lease of
 * its own, and its leave is about nobody else.
 */
function isCounted({ policy }: Keyset, { device }: LeaveCommand): boolean {
  return policy.multiDevice === "refcount" && device === undefined;
}
