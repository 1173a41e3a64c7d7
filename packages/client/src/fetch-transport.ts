/** Carries requests with the platform's `fetch`. */
import type { Transport } from "./ports.ts";

/** Makes a transport to an origin, which has no slash at its end. */
export function createFetchTransport(origin: string): Transport {
  return async ({ target, ...init }) => {
    const reply = await fetch(origin + target, { ...init, cache: "no-store" });
    const retryAfterSeconds = Number(reply.headers.get("retry-after") ?? Number.NaN);
    // A date instead of a number says nothing here: the server's clock may differ from ours.
    return {
      status: reply.status,
      body: await reply.text(),
      ...(retryAfterSeconds >= 0 && { retryAfterSeconds }),
    };
  };
}
