/** The whole server in a few lines: decode, execute, encode. */
import type { Scheduler } from "@hereabouts/core";
import {
  type Command,
  type CommandKind,
  type Fault,
  type OutcomeOf,
  type Result,
  type SubscribeCommand,
  type SubscribeOutcome,
  timetokenAt,
} from "@hereabouts/protocol";
import {
  decodeRequest,
  encodeFault,
  encodeOutcome,
  type FaultHint,
  type Handler,
  hintFor,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";
import type { PromptCommand, Service } from "./service/service.ts";
import type { Asker } from "./service/subscribe.ts";
import type { UnderWay } from "./under-way.ts";

/**
 * A handler that answers every request with a documented reply, at once where nothing has to be waited for. It lets go
 * of the request once it is decoded: tens of thousands of polls are held at this point, each in a promise and an asker.
 */
export function createHandler(service: Service, scheduler: Scheduler, underWay: UnderWay): Handler {
  const desk: Desk = { encode, fail, underWay };

  function answer(command: PromptCommand): WireResponse | Promise<WireResponse> {
    try {
      const executed = service.execute(command);
      return executed instanceof Promise ? later(command, executed) : encode(command, executed);
    } catch (error) {
      return fail(command, error);
    }
  }

  function later(
    command: PromptCommand,
    executed: Promise<Result<OutcomeOf<CommandKind>>>,
  ): Promise<WireResponse> {
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

  function subscribe(command: SubscribeCommand, request: WireRequest): Promise<WireResponse> {
    return new Promise((resolve) => {
      const asker = new Waiting(desk, resolve);
      try {
        service.subscribe(command, request.signal, asker);
      } catch (error) {
        asker.fail(command, error);
      }
    });
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
    if (!decoded.ok) return refuse(decoded.fault, decoded.hint);
    const { command } = decoded;
    return command.kind === "subscribe" ? subscribe(command, request) : answer(command);
  };
}

/** What all who wait are answered with. */
interface Desk {
  readonly encode: (command: SubscribeCommand, result: Result<SubscribeOutcome>) => WireResponse;
  readonly fail: (command: SubscribeCommand, error: unknown) => WireResponse;
  readonly underWay: UnderWay;
}

/** One who waits for a subscribe's answer. Hears the first, and no other. */
class Waiting implements Asker {
  readonly #desk: Desk;
  #resolve: ((reply: WireResponse) => void) | undefined;

  constructor(desk: Desk, resolve: (reply: WireResponse) => void) {
    this.#desk = desk;
    this.#resolve = resolve;
    desk.underWay.begin();
  }

  answer(command: SubscribeCommand, result: Result<SubscribeOutcome>): void {
    this.#settle(this.#desk.encode(command, result));
  }

  fail(command: SubscribeCommand, error: unknown): void {
    this.#settle(this.#desk.fail(command, error));
  }

  #settle(reply: WireResponse): void {
    const resolve = this.#resolve;
    if (resolve === undefined) return;
    this.#resolve = undefined;
    this.#desk.underWay.end();
    resolve(reply);
  }
}
