/** Reads heartbeats, wire specification § 5. */
import type { HeartbeatCommand } from "../model/command.ts";
import { readCarriedState } from "./carried-state.ts";
import {
  readChannels,
  readDevice,
  readGroups,
  readRenewingKey,
  readRenewingUser,
  withoutPresence,
} from "./decode-names.ts";
import { readPresenceTimeout } from "./decode-values.ts";
import type { RequestReader } from "./reader.ts";

/** `/v2/presence/sub-key/{key}/channel/{channels}/heartbeat` */
export function decodeHeartbeat(reader: RequestReader): HeartbeatCommand {
  const channels = withoutPresence(readChannels(reader, 5));
  const groups = withoutPresence(readGroups(reader));
  return {
    kind: "heartbeat",
    subscribeKey: readRenewingKey(reader, 3),
    user: readRenewingUser(reader),
    device: readDevice(reader),
    channels,
    groups,
    timeoutSeconds: readPresenceTimeout(reader),
    state: readCarriedState(reader, channels, groups),
  };
}
