/** Publish and signal (wire specification §§ 13 and 14). Neither counts as activity. */
import type { Keyset, Publication } from "@hereabouts/core";
import {
  failure,
  type PublishCommand,
  type Result,
  type SignalCommand,
  success,
  type Timetoken,
} from "@hereabouts/protocol";
import type { Context, Execute } from "./context.ts";

/** Adds a message to its channel. A "fire" is given a timetoken and delivered to nobody. */
export const publish: Execute<"publish"> = async (context, keyset, command) => {
  if (command.publishKey !== keyset.publishKey) return failure("invalid-publish-key");
  const timetoken = command.fire
    ? await context.engine.log.position(keyset.subscribeKey, [command.channel], context.scheduler.now())
    : await append(context, keyset, messageOf(command));
  return success({ timetoken: command.timetokenOverride ?? timetoken });
};

/** Adds a signal to its channel. */
export const signal: Execute<"signal"> = async (
  context,
  keyset,
  command,
): Promise<Result<{ timetoken: Timetoken }>> => {
  if (command.publishKey !== keyset.publishKey) return failure("invalid-publish-key");
  return success({ timetoken: await append(context, keyset, signalOf(command)) });
};

async function append(context: Context, keyset: Keyset, publication: Publication): Promise<Timetoken> {
  const [timetoken] = await context.engine.log.append(
    keyset.subscribeKey,
    [publication],
    context.scheduler.now(),
  );
  if (timetoken === undefined) throw new Error("The log gave no timetoken for a publication.");
  return timetoken;
}

function messageOf(command: PublishCommand): Publication {
  return {
    kind: "message",
    channel: command.channel,
    publisher: command.user,
    payload: command.payload,
    meta: command.meta,
    customMessageType: command.customMessageType,
    sequence: command.sequence,
    origin: command.origin,
  };
}

function signalOf(command: SignalCommand): Publication {
  return {
    kind: "signal",
    channel: command.channel,
    publisher: command.user,
    payload: command.payload,
    meta: undefined,
    customMessageType: command.customMessageType,
    sequence: 0,
    origin: undefined,
  };
}
