/** Reads `GET /time/0`, wire specification § 3. */
import type { TimeCommand } from "../model/command.ts";

/** Makes the command; a time request says nothing but its path. */
export function decodeTime(): TimeCommand {
  return { kind: "time" };
}
