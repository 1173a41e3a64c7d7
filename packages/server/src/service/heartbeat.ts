/** Heartbeat: the user says that it is there (wire specification § 5). */
import { expandStates, expandTargets } from "@hereabouts/core";
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { membersOf } from "./members.ts";
import { overLimit } from "./seat-limit.ts";

/** Seats the user in every channel named, or renews its seats. */
export const heartbeat: Execute<"heartbeat"> = async (context, keyset, command) => {
  const found = membersOf(context, keyset.subscribeKey, command.groups);
  const members = found instanceof Promise ? await found : found;
  const channels = expandTargets(command, members);
  if (channels.length === 0) return success(undefined);
  const touched = await context.engine.presence.touch(
    keyset.subscribeKey,
    {
      user: command.user,
      device: command.device,
      channels,
      timeoutSeconds: command.timeoutSeconds,
      defaultTimeoutSeconds: keyset.policy.presenceTimeoutSeconds,
      states: command.state && expandStates(command.state, command, members),
      intent: "deliberate",
      asksForOwnJoins: false,
    },
    context.scheduler.now(),
  );
  return overLimit(touched, command.user) ?? success(undefined);
};
