/** Set state and get state (wire specification §§ 10 and 11). Neither counts as activity. */
import { trackedOf } from "@hereabouts/core";
import { type Channel, type State, success } from "@hereabouts/protocol";
import type { Execute } from "./context.ts";
import { channelsOf } from "./members.ts";
import { setSeatStates } from "./seats.ts";

/** Replaces the target's state in every channel named, whether it sits there or not. */
export const setState: Execute<"set-state"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  if (channels.length > 0) {
    const { target: user, state } = command;
    await setSeatStates(context, keyset, { user, channels, state }, context.scheduler.now());
  }
  return success(undefined);
};

/** Reads the target's state in every channel named. */
export const getState: Execute<"get-state"> = async (context, keyset, command) => {
  const channels = await channelsOf(context, keyset.subscribeKey, command);
  const tracked = trackedOf(keyset.policy, channels);
  const found = await context.engine.presence.states(
    keyset.subscribeKey,
    command.target,
    tracked,
    context.scheduler.now(),
  );
  const states = new Map<Channel, State | undefined>(channels.map((channel) => [channel, undefined]));
  for (const [position, channel] of tracked.entries()) states.set(channel, found[position]);
  return success({ states });
};
