/** Reads set state and get state, wire specification §§ 10 and 11. */
import type { GetStateCommand, SetStateCommand } from "../model/command.ts";
import { emptyState } from "../model/json.ts";
import { readState } from "./carried-state.ts";
import {
  readChannels,
  readDevice,
  readGroups,
  readPathUser,
  readSubscribeKey,
  readUser,
  withoutPresence,
} from "./decode-names.ts";
import type { RequestReader } from "./reader.ts";

/** `/v2/presence/sub-key/{key}/channel/{channels}/uuid/{user}/data` */
export function decodeSetState(reader: RequestReader): SetStateCommand {
  const channels = readChannels(reader, 5);
  const groups = readGroups(reader);
  const state = readState(reader);
  if (state === undefined) reader.fail("state-missing");
  if (channels.length === 0 && groups.length === 0) {
    reader.fail("invalid-argument", "Set state names at least one channel or channel group.");
  }
  return {
    kind: "set-state",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readUser(reader),
    device: readDevice(reader),
    channels: withoutPresence(channels),
    groups: withoutPresence(groups),
    target: readPathUser(reader, 7),
    state: state ?? emptyState,
  };
}

/** `/v2/presence/sub-key/{key}/channel/{channels}/uuid/{user}` */
export function decodeGetState(reader: RequestReader): GetStateCommand {
  const channels = readChannels(reader, 5);
  const groups = readGroups(reader);
  return {
    kind: "get-state",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readUser(reader),
    device: readDevice(reader),
    channels: withoutPresence(channels),
    groups: withoutPresence(groups),
    target: readPathUser(reader, 7),
    // By what is written, as in here now.
    single: channels.length === 1 && groups.length === 0,
  };
}
