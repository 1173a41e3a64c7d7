/** What a test and a server process say to each other: one JSON object a line, over standard input and output. */
import type { Policy } from "@hereabouts/core";
import type { RedisPlace } from "./redis-ground.ts";
import type { WorldOptions } from "./world.ts";

/** How a service is opened in the process. */
export interface ControlOpening {
  readonly options: WorldOptions;
  /** Where the clock starts, in milliseconds since 1970. */
  readonly start: number;
  /** A directory, or `:memory:`. */
  readonly data: string;
  /** Where in a real Redis it keeps what it knows; default the embedded engine. */
  readonly redis?: RedisPlace;
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
}

/** What the test asks of one of the process's worlds. The process does one thing after the other. */
export type ControlRequest = { readonly id: number; readonly world: number } & (
  | { readonly ask: "open"; readonly opening: ControlOpening }
  | { readonly ask: "advance"; readonly ms: number }
  | { readonly ask: "waiters" }
  | { readonly ask: "set-policy"; readonly policy: Partial<Policy> }
  | { readonly ask: "stop" }
  | { readonly ask: "forget" }
);

/** What the process answers: to a request, by its id; or that a marked HTTP request has come to rest. */
export type ControlReply =
  | { readonly id: number; readonly value: number; readonly errors: readonly string[] }
  | { readonly id: number; readonly problem: string }
  | { readonly arrived: string };

/** The HTTP header that marks a request whose arrival the test wants to know. */
export const arrivalHeader = "x-test-arrival";
