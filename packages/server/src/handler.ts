/** The whole server in a few lines: decode, execute, encode. */
import type { Scheduler } from "@hereabouts/core";
import {
  type Command,
  type CommandKind,
  type Fault,
  type OutcomeOf,
  type Result,
  timetokenAt,
} from "@hereabouts/protocol";
import {
  decodeRequest,
  encodeFault,
  encodeOutcome,
  type FaultHint,
  type Handler,
  hintFor,
  neverCancelled,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { Service } from "./service/service.ts";
import type { UnderWay } from "./under-way.ts";

/**
 * A handler that answers every request with a documented reply, at once where nothing has to be waited for. It lets go
 * of the request once it is decoded, and waits with two functions instead of an asynchronous frame: tens of thousands
 * of polls are held at this point.
 */
export function createHandler(service: Service, scheduler: Scheduler, underWay: UnderWay): Handler {
  function answer(command: Command, request: WireRequest): WireResponse | Promise<WireResponse> {
    try {
      // Only a poll waits for long enough to be given up, and a signal of its own costs every request.
      const executed = service.execute(
        command,
        command.kind === "subscribe" ? request.signal : neverCancelled,
      );
      return executed instanceof Promise ? later(command, executed) : encode(command, executed);
    } catch (error) {
      return fail(command, error);
    }
  }

  function later(command: Command, executed: Promise<Result<OutcomeOf<CommandKind>>>): Promise<WireResponse> {
    underWay.begin();
    return executed.then(
      (result) => {
        underWay.end();
        return encode(command, result);
      },
      (error: unknown) => {
        underWay.end();
        return fail(command, error);
      },
    );
  }

  function encode(command: Command, result: Result<OutcomeOf<CommandKind>>): WireResponse {
    return result.ok ? encodeOutcome(command, result.value) : refuse(result.fault, hintFor(command));
  }

  function fail(command: Command, error: unknown): WireResponse {
    return refuse(service.faultOf(error, command), hintFor(command));
  }

  function refuse(fault: Fault, hint: FaultHint): WireResponse {
    return encodeFault(fault, hint, timetokenAt(scheduler.now()));
  }

  return (request) => {
    const decoded = decodeRequest(request);
    return decoded.ok ? answer(decoded.command, request) : refuse(decoded.fault, decoded.hint);
  };
}
