/** The whole server in a few lines: decode, execute, encode. */
import type { Scheduler } from "@hereabouts/core";
import { timetokenAt } from "@hereabouts/protocol";
import {
  decodeRequest,
  encodeFault,
  encodeOutcome,
  type Handler,
  hintFor,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { Service } from "./service/service.ts";

/** A handler that answers every request with a documented reply. Never rejects. */
export function createHandler(service: Service, scheduler: Scheduler): Handler {
  return async (request: WireRequest): Promise<WireResponse> => {
    const decoded = decodeRequest(request);
    if (!decoded.ok) return encodeFault(decoded.fault, decoded.hint, timetokenAt(scheduler.now()));
    const { command } = decoded;
    const result = await service.execute(command, request.signal);
    if (!result.ok) return encodeFault(result.fault, hintFor(command), timetokenAt(scheduler.now()));
    return encodeOutcome(command, result.value);
  };
}
