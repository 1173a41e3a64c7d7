/** Set state and get state (wire specification §§ 10 and 11). Neither counts as activity. */
import { success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { channelsOf } from "./members.ts";

/** Replaces the target's state in every channel named, whether it sits there or not. */
export const setState: Execute<"set-state"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  if (channels.length > 0) {
    await context.engine.presence.setState(
      keyset.subscribeKey,
      {
        user: command.target,
        channels,
        state: command.state,
        keepMs: keyset.policy.presenceTimeoutSeconds * 1_000,
      },
      context.scheduler.now(),
    );
  }
  return success(undefined);
};

/** Reads the target's state in every channel named. */
export const getState: Execute<"get-state"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  const states = await context.engine.presence.states(
    keyset.subscribeKey,
    command.target,
    channels,
    context.scheduler.now(),
  );
  return success({ states: new Map(channels.map((channel, position) => [channel, states[position]])) });
};
