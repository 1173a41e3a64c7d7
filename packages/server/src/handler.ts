/** The whole server in a few lines: decode, execute, encode. */
import type { Scheduler } from "@hereabouts/core";
import { type Timetoken, timetokenAt } from "@hereabouts/protocol";
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
import type { UnderWay } from "./under-way.ts";

/**
 * A handler that answers every request with a documented reply. Never rejects. It is the one asynchronous frame that a
 * held poll keeps, which is why the service hands out promises without a frame of its own.
 */
export function createHandler(service: Service, scheduler: Scheduler, underWay: UnderWay): Handler {
  const now = (): Timetoken => timetokenAt(scheduler.now());
  return async (request: WireRequest): Promise<WireResponse> => {
    const decoded = decodeRequest(request);
    if (!decoded.ok) return encodeFault(decoded.fault, decoded.hint, now());
    const { command } = decoded;
    underWay.begin();
    try {
      const result = await service.execute(command, request.signal);
      if (result.ok) return encodeOutcome(command, result.value);
      return encodeFault(result.fault, hintFor(command), now());
    } catch (error) {
      return encodeFault(service.faultOf(error, command), hintFor(command), now());
    } finally {
      underWay.end();
    }
  };
}
