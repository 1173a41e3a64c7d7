/** Reads leaves, wire specification § 6. */
import type { LeaveCommand } from "../model/command.ts";
import {
  readChannels,
  readDevice,
  readGroups,
  readRequiredUser,
  readSubscribeKey,
  withoutPresence,
} from "./decode-names.ts";
import type { RequestReader } from "./reader.ts";

/** `/v2/presence/sub-key/{key}/channel/{channels}/leave` */
export function decodeLeave(reader: RequestReader): LeaveCommand {
  return {
    kind: "leave",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readRequiredUser(reader),
    device: readDevice(reader),
    channels: withoutPresence(readChannels(reader, 5)),
    groups: withoutPresence(readGroups(reader)),
  };
}
