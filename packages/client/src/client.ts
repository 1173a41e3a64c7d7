/** What most users hold: the core of a client with its calls and its rosters. */
import type { Client, ClientOptions, ClientTypes } from "./api.ts";
import { createCalls } from "./calls.ts";
import { createCore } from "./create-core.ts";
import { refuse } from "./names.ts";
import { createRosters } from "./rosters.ts";
import { createStreams } from "./streams.ts";

/**
 * Makes a client. Nothing is sent before its first call or subscription. Throws a PresenceError `invalid-argument` when
 * the options break a rule or contradict each other.
 */
export function createClient<Types extends ClientTypes = ClientTypes>(
  options: ClientOptions<Types>,
): Client<Types> {
  const { transport, openStream, stream = transport && !openStream ? "off" : "auto" } = options;
  if (stream !== "auto" && stream !== "off") refuse(`stream is "${stream}", and has to be "auto" or "off"`);
  const core = createCore(stream === "auto" ? { ...options, streams: createStreams(openStream) } : options);
  return Object.assign(core, createCalls(core), createRosters(core));
}
