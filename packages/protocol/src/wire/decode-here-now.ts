/** Reads here now, of channels and groups or of the whole keyset: wire specification §§ 7 and 8. */
import type { GlobalHereNowCommand, HereNowCommand } from "../model/command.ts";
import { hereNowLimitMax } from "../model/limits.ts";
import { type PagePlace, parsePagePlace } from "../model/page-place.ts";
import {
  readAsker,
  readChannels,
  readDevice,
  readGroups,
  readSubscribeKey,
  withoutPresence,
} from "./decode-names.ts";
import { type RequestReader, shown } from "./reader.ts";

/** `/v2/presence/sub-key/{key}/channel/{channels}` */
export function decodeHereNow(reader: RequestReader): HereNowCommand {
  const channels = readChannels(reader, 5);
  const groups = readGroups(reader);
  return {
    kind: "here-now",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readAsker(reader),
    device: readDevice(reader),
    channels: withoutPresence(channels),
    groups: withoutPresence(groups),
    // By what is written, presence names included: the client counts what it wrote when it reads the answer.
    single: channels.length === 1 && groups.length === 0,
    includeState: reader.flag("state"),
    includeUsers: !reader.flag("disable_uuids"),
    limit: reader.count("limit", limitBounds),
    offset: reader.count("offset", offsetBounds),
    includeDetails: reader.flag("details"),
    after: readPlace(reader, channels.length === 1 && groups.length === 0),
  };
}

/** `/v2/presence/sub-key/{key}` */
export function decodeGlobalHereNow(reader: RequestReader): GlobalHereNowCommand {
  return {
    kind: "global-here-now",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readAsker(reader),
    device: readDevice(reader),
    includeState: reader.flag("state"),
    includeUsers: !reader.flag("disable_uuids"),
    limit: reader.count("limit", limitBounds),
    offset: reader.count("offset", offsetBounds),
    includeDetails: reader.flag("details"),
  };
}

function readPlace(reader: RequestReader, isSingle: boolean): PagePlace | undefined {
  const text = reader.query("next");
  if (text === undefined) return undefined;
  const place = isSingle ? parsePagePlace(text) : undefined;
  if (place === undefined) {
    reader.fail(
      "invalid-argument",
      `next takes what the page before of one channel gave as next, not ${shown(text)}.`,
    );
  }
  return place;
}

const limitBounds = { max: hereNowLimitMax, absent: hereNowLimitMax } as const;
const offsetBounds = { max: Number.MAX_SAFE_INTEGER, absent: 0 } as const;
