/** Where now: the channels where a user is. */
import type { WhereNow } from "../api.ts";
import type { Call } from "./call.ts";
import { presencePath } from "./presence-path.ts";
import { field, textsField } from "./reply.ts";

/** Asks where a user is. */
export function whereNowCall(subscribeKey: string, userId: string): Call<WhereNow> {
  return {
    path: `${presencePath(subscribeKey)}/uuid/${encodeURIComponent(userId)}`,
    read: (json) => ({ channels: textsField(field(json, "payload"), "channels") }),
  };
}
