/** Where now: the channels where a user is. */
import type { Client } from "../api.ts";
import { checkId } from "../names.ts";
import { type CallContext, presencePath } from "./context.ts";
import { field, isTexts, must } from "./reply.ts";

/** Makes `whereNow`. */
export function createWhereNow({ ask, settings }: CallContext<unknown>): Client["whereNow"] {
  return async (options = {}) => {
    const userId = checkId(options.userId ?? settings.userId, "userId");
    const { json } = await ask({ path: presencePath(settings, "uuid", userId) }, options);
    return { channels: must(field(json, "payload", "channels"), isTexts) };
  };
}
