/** Publish and signal: sending something to a channel. */
import type { Published, PublishOptions } from "../api.ts";
import { jsonText } from "../json.ts";
import { checkName, refuse } from "../names.ts";
import type { CallContext } from "./context.ts";
import { field, isText, must } from "./reply.ts";

/** Messages that are longer than this when escaped are posted: proxies take addresses of 8 KiB, some less. */
const escapedCharactersMax = 4_096;

/** Makes `publish` or `signal`. Never tried again by itself: what is sent might arrive twice. */
export function createPublish<Message>(
  { ask, settings }: CallContext<unknown>,
  verb: "publish" | "signal",
): (options: PublishOptions<Message>) => Promise<Published> {
  return async (options) => {
    const { publishKey = refuse(`${verb} needs the option publishKey`), subscribeKey } = settings;
    const channel = checkName(options.channel, "channel");
    const body = jsonText(options.message, "message", "invalid-argument");
    const meta = options.meta && jsonText(options.meta, "meta", "invalid-argument");
    const path = [verb, publishKey, subscribeKey, 0, channel, 0];
    const query = { meta, custom_message_type: options.customMessageType };
    const manner = { signal: options.signal, retries: 0 };
    const isPosted = verb === "publish" && encodeURIComponent(body).length > escapedCharactersMax;
    const { json } = isPosted
      ? await ask({ path, query }, { ...manner, body })
      : await ask({ path: [...path, body], query }, manner);
    return { timetoken: must(field(json, 2), isText) };
  };
}
