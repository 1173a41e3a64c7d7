/** Reads subscribe v2, wire specification § 4.1. */
import type { Filter } from "../filter/ast.ts";
import { parseFilter } from "../filter/parse.ts";
import type { SubscribeCommand } from "../model/command.ts";
import { zeroTimetoken } from "../model/timetoken.ts";
import { readCarriedState } from "./carried-state.ts";
import { readChannels, readDevice, readGroups, readSubscribeKey, readUser } from "./decode-names.ts";
import {
  readPresenceTimeout,
  readRegionalTimetoken,
  readTimetoken,
  refuseCallback,
} from "./decode-values.ts";
import type { FaultNote, RequestReader } from "./reader.ts";

/** `/v2/subscribe/{key}/{channels}/{callback}` */
export function decodeSubscribe(reader: RequestReader): SubscribeCommand {
  const command = readSubscription(reader);
  refuseCallback(reader, 4);
  return command;
}

/** What a subscribe and a stream have in common: `/{}/{}/{key}/{channels}` and the query. */
export function readSubscription(reader: RequestReader): SubscribeCommand {
  const channels = readChannels(reader, 3);
  const groups = readGroups(reader);
  refuseNothing(reader, channels.length + groups.length);
  return {
    kind: "subscribe",
    subscribeKey: readSubscribeKey(reader, 2),
    user: readUser(reader),
    device: readDevice(reader),
    channels,
    groups,
    after: readTimetoken(reader, "tt") ?? readRegionalTimetoken(reader, "t") ?? zeroTimetoken,
    timeoutSeconds: readPresenceTimeout(reader),
    state: readCarriedState(reader, channels, groups),
    filter: readFilter(reader),
    includeDetails: reader.flag("details"),
  };
}

/** Refuses a subscription that names nothing. */
export function refuseNothing(reader: FaultNote, names: number): void {
  if (names === 0)
    reader.fail("invalid-argument", "A subscribe names at least one channel or channel group.");
}

function readFilter(reader: RequestReader): Filter | undefined {
  const text = reader.query("filter-expr");
  return text === undefined ? undefined : checkedFilter(reader, text);
}

/** A text as a filter. */
export function checkedFilter(reader: FaultNote, text: string): Filter | undefined {
  const result = parseFilter(text);
  if (result.ok) return result.value;
  reader.fail(result.fault.code, result.fault.message);
  return undefined;
}
