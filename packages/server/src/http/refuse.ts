/** Answers to what never becomes a request: a head or a body that cannot be read. */
import { bodyBytesMax, type Fault, zeroTimetoken } from "@hereabouts/protocol";
import { encodeFault, presenceHint, publishHint, type WireResponse } from "@hereabouts/protocol/wire";
import type { Body } from "./body.ts";

const bodyFaults: Readonly<Record<Extract<Body, { ok: false }>["problem"], Fault>> = {
  "too-large": {
    code: "body-too-large",
    message: `A body may have ${bodyBytesMax} bytes, also decompressed.`,
  },
  unreadable: { code: "message-invalid" },
};

/** The answer to a body that is too large, or neither UTF-8 nor what its compression claims. */
export function refuseBody(problem: Extract<Body, { ok: false }>["problem"]): WireResponse {
  // Only publish has a body, so its dress is the one to answer in.
  return encodeFault(bodyFaults[problem], publishHint, zeroTimetoken);
}

/** The answer to a head that is too long, is no HTTP, or could not be answered for a reason of ours. */
export function refuseHead(code: "target-too-long" | "could-not-parse" | "internal"): WireResponse {
  return encodeFault({ code }, presenceHint, zeroTimetoken);
}
