/** Writes the answer to CORS preflights. It has no body, and so no content type. */
import type { PreflightCommand } from "../model/command.ts";
import type { WireResponse } from "./http.ts";

const allowedHeaders = "Origin, X-Requested-With, Content-Type, Content-Encoding, Accept";
/** Characters of the requested headers that are allowed on top; a longer list is not echoed. */
const requestedCharactersMax = 1_024;

/** What a browser may do, as a reply: every method we have, the usual headers and those it asked for. */
export function encodePreflight(command: PreflightCommand): WireResponse {
  const requested = command.requestedHeaders ?? "";
  return {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
      "access-control-allow-headers": isHeaderList(requested)
        ? `${allowedHeaders}, ${requested}`
        : allowedHeaders,
      "access-control-max-age": "86400",
    },
    body: "",
  };
}

/** Only header names go back into a header: whatever an adapter lets through, no line is ever added to the reply. */
function isHeaderList(text: string): boolean {
  return text.length <= requestedCharactersMax && /^[\w-]+(?: *, *[\w-]+)*$/.test(text);
}
