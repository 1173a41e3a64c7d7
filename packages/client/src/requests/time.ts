/** Time: the service's present. */
import type { Client } from "../api.ts";
import type { CallContext } from "./context.ts";
import { isText, must } from "./reply.ts";

/** Makes `time`. */
export function createTime({ ask }: CallContext<unknown>): Client["time"] {
  return async (options) => {
    const { text } = await ask({ path: ["time", 0] }, options);
    // From the text: the number does not fit a double.
    return { timetoken: must(/^\s*\[\s*(\d{1,20})\s*\]\s*$/.exec(text)?.[1], isText) };
  };
}
