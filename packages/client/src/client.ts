/** What most users hold: the core of a client with its calls and its rosters. */
import type { Client, ClientOptions, ClientTypes } from "./api.ts";
import { createCalls } from "./calls.ts";
import { createCore } from "./create-core.ts";
import { createRosters } from "./rosters.ts";

/**
 * Makes a client. Nothing is sent before its first call or subscription. Throws a PresenceError `invalid-argument` when
 * the options break a rule or contradict each other.
 */
export function createClient<Types extends ClientTypes = ClientTypes>(
  options: ClientOptions<Types>,
): Client<Types> {
  const core = createCore(options);
  return Object.assign(core, createCalls(core), createRosters(core));
}
