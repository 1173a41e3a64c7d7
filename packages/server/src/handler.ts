/** The whole server in a few lines: decode, execute, encode. */
import type { Scheduler } from "@hereabouts/core";
import { type Command, type Timetoken, timetokenAt } from "@hereabouts/protocol";
import {
  type CancelSignal,
  decodeRequest,
  encodeFault,
  encodeOutcome,
  type Handler,
  hintFor,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { Service } from "./service/service.ts";
import type { UnderWay } from "./under-way.ts";

/**
 * A handler that answers every request with a documented reply. It lets go of the request once it is decoded, and
 * waits with two functions instead of an asynchronous frame: tens of thousands of polls are held at this point.
 */
export function createHandler(service: Service, scheduler: Scheduler, underWay: UnderWay): Handler {
  const now = (): Timetoken => timetokenAt(scheduler.now());

  function answer(command: Command, signal: CancelSignal): Promise<WireResponse> {
    underWay.begin();
    return service.execute(command, signal).then(
      (result) => {
        underWay.end();
        if (result.ok) return encodeOutcome(command, result.value);
        return encodeFault(result.fault, hintFor(command), now());
      },
      (error: unknown) => {
        underWay.end();
        return encodeFault(service.faultOf(error, command), hintFor(command), now());
      },
    );
  }

  return (request) => {
    const decoded = decodeRequest(request);
    if (decoded.ok) return answer(decoded.command, request.signal);
    return Promise.resolve(encodeFault(decoded.fault, decoded.hint, now()));
  };
}
