/** Reads the channel group commands, wire specification § 12. */
import type {
  ChangeGroupCommand,
  DeleteGroupCommand,
  ListGroupCommand,
  ListGroupsCommand,
} from "../model/command.ts";
import { type Channel, type Group, isPresenceName } from "../model/names.ts";
import { readDevice, readGroup, readQueryChannels, readSubscribeKey, readUser } from "./decode-names.ts";
import { type RequestReader, shown } from "./reader.ts";

/** `/v1/channel-registration/sub-key/{key}/channel-group` */
export function decodeListGroups(reader: RequestReader): ListGroupsCommand {
  return {
    kind: "list-groups",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readUser(reader),
    device: readDevice(reader),
  };
}

/** `/v1/channel-registration/sub-key/{key}/channel-group/{group}`: changes with `add` or `remove`, else lists. */
export function decodeGroup(reader: RequestReader): ListGroupCommand | ChangeGroupCommand {
  const subscribeKey = readSubscribeKey(reader, 3);
  const user = readUser(reader);
  const device = readDevice(reader);
  const group = readStoredGroup(reader);
  if (!reader.has("add") && !reader.has("remove")) {
    return { kind: "list-group", subscribeKey, user, device, group };
  }
  const add = readStoredChannels(reader, "add");
  const remove = readStoredChannels(reader, "remove");
  return { kind: "change-group", subscribeKey, user, device, group, add, remove };
}

/** `/v1/channel-registration/sub-key/{key}/channel-group/{group}/remove` */
export function decodeDeleteGroup(reader: RequestReader): DeleteGroupCommand {
  return {
    kind: "delete-group",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readUser(reader),
    device: readDevice(reader),
    group: readStoredGroup(reader),
  };
}

function readStoredGroup(reader: RequestReader): Group {
  const group = readGroup(reader, 5);
  refuseUnstorable(reader, group, "channel group");
  return group;
}

function readStoredChannels(reader: RequestReader, name: string): readonly Channel[] {
  const channels = readQueryChannels(reader, name);
  for (const channel of channels) refuseUnstorable(reader, channel, "channel");
  return channels;
}

/** A group and what it holds are plain: no wildcards, no namespaces, no presence names. */
function refuseUnstorable(reader: RequestReader, name: string, noun: string): void {
  if (name.includes("*") || name.includes(":")) {
    reader.fail("reserved-character", `The ${noun} ${shown(name)} contains a star or a colon.`);
  }
  if (isPresenceName(name)) {
    reader.fail("invalid-argument", `The ${noun} ${shown(name)} is a presence name: leave -pnpres out.`);
  }
}
