/** Publish and signal: sending something to a channel. */
import type { Published } from "../api.ts";
import type { Call } from "./call.ts";
import { field, malformed, textField } from "./reply.ts";

/** What to send where. */
export interface Outgoing {
  readonly publishKey: string;
  readonly subscribeKey: string;
  readonly channel: string;
  /** JSON. */
  readonly message: string;
  /** JSON. */
  readonly meta?: string | undefined;
  readonly customMessageType: string | undefined;
}

/** Messages that are longer than this when escaped are posted: proxies take addresses of 8 KiB, some less. */
const escapedCharactersMax = 4_096;

/** Publishes. Never tried again by itself: it might arrive twice. */
export function publishCall(outgoing: Outgoing): Call<Published> {
  const call = { path: pathOf("publish", outgoing), query: queryOf(outgoing), retries: 0, read };
  const escaped = encodeURIComponent(outgoing.message);
  if (escaped.length > escapedCharactersMax) return { ...call, body: outgoing.message };
  return { ...call, path: `${call.path}/${escaped}` };
}

/** Signals. Never tried again by itself. */
export function signalCall(outgoing: Outgoing): Call<Published> {
  const path = `${pathOf("signal", outgoing)}/${encodeURIComponent(outgoing.message)}`;
  return { path, query: queryOf(outgoing), retries: 0, read };
}

function pathOf(verb: string, { publishKey, subscribeKey, channel }: Outgoing): string {
  return `/${verb}/${encodeURIComponent(publishKey)}/${encodeURIComponent(subscribeKey)}/0/${encodeURIComponent(channel)}/0`;
}

function queryOf({ meta, customMessageType }: Outgoing): Call<Published>["query"] & object {
  return { meta, custom_message_type: customMessageType };
}

function read(json: unknown): Published {
  if (field(json, 0) !== 1) malformed("success");
  return { timetoken: textField(json, 2) };
}
