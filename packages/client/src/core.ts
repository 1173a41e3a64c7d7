/** The client in parts, for those who count bytes: what is not imported is not in the bundle. */
export type * from "./api.ts";
export { createCalls } from "./calls.ts";
export { createCore } from "./create-core.ts";
export { PresenceError, type PresenceErrorCode, type PresenceErrorDetails } from "./error.ts";
export { createFetchTransport } from "./fetch-transport.ts";
export type * from "./ports.ts";
export { createRosters } from "./rosters.ts";
export type * from "./schema.ts";
export type { Streams } from "./stream-port.ts";
export { createStreams } from "./streams.ts";
