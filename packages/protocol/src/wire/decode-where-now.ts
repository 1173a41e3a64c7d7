/** Reads where now, wire specification § 9. */
import type { WhereNowCommand } from "../model/command.ts";
import { readDevice, readPathUser, readSubscribeKey, readUser } from "./decode-names.ts";
import type { RequestReader } from "./reader.ts";

/** `/v2/presence/sub-key/{key}/uuid/{user}` */
export function decodeWhereNow(reader: RequestReader): WhereNowCommand {
  return {
    kind: "where-now",
    subscribeKey: readSubscribeKey(reader, 3),
    user: readUser(reader),
    device: readDevice(reader),
    target: readPathUser(reader, 5),
  };
}
