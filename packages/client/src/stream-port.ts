/** The seam between a core and what streams: a core without it polls. Types only. */
import type { StatusEvent } from "./api.ts";
import type { Settings } from "./options.ts";
import type { Ask } from "./requests/ask.ts";

/**
 * What adds streams to a core: made by `createStreams`, and given to `createCore`. It takes how the core asks, and returns
 * how it shall ask instead: from the stream while there is one, else as before.
 */
export type Streams = (settings: Settings<unknown>, request: Ask, tell: (event: StatusEvent) => void) => Ask;
