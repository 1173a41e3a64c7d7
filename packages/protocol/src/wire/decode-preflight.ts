/** Reads CORS preflights: `OPTIONS` of any path, wire specification § 1.5. */
import type { PreflightCommand } from "../model/command.ts";
import type { WireRequest } from "./http.ts";

/** Makes the command. */
export function decodePreflight(request: WireRequest): PreflightCommand {
  return { kind: "preflight", requestedHeaders: request.header("access-control-request-headers") };
}
