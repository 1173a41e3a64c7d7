/** Heartbeat: the user says that it is there (wire specification § 5). The most frequent command: no frame, few objects. */
import { expandStates, expandTargets, type Keyset, type Members } from "@hereabouts/core";
import { type HeartbeatCommand, type Result, success } from "@hereabouts/protocol";
import type { Context, Execute } from "./context.ts";
import { membersOf } from "./members.ts";
import { askedTimeout, renewSeats } from "./seats.ts";

const done: Result<undefined> = success(undefined);

/** Seats the user in every channel named, or renews its seats. */
export const heartbeat: Execute<"heartbeat"> = (context, keyset, command) => {
  const members = membersOf(context, keyset.subscribeKey, command.groups);
  if (members instanceof Promise) return members.then((found) => renew(context, keyset, command, found));
  return renew(context, keyset, command, members);
};

function renew(
  context: Context,
  keyset: Keyset,
  command: HeartbeatCommand,
  members: Members,
): Result<undefined> | Promise<Result<undefined>> {
  const channels = expandTargets(command, members);
  if (channels.length === 0) return done;
  const request = {
    user: command.user,
    device: command.device,
    channels,
    timeoutSeconds: askedTimeout(keyset.policy, command.timeoutSeconds),
    defaultTimeoutSeconds: keyset.policy.presenceTimeoutSeconds,
    states: command.state && expandStates(command.state, command, members),
    intent: "deliberate",
    asksForOwnJoins: false,
  } as const;
  return renewSeats(context, keyset, request, context.scheduler.now());
}
