/** Time: the service's present. */
import type { Call } from "./call.ts";
import { malformed } from "./reply.ts";

/** Asks for the service's time. */
export function timeCall(): Call<{ readonly timetoken: string }> {
  return {
    path: "/time/0",
    // As text: the number does not fit a double.
    read: (_json, text) => ({
      timetoken: /^\s*\[\s*(\d{1,20})\s*\]\s*$/.exec(text)?.[1] ?? malformed("time"),
    }),
  };
}
