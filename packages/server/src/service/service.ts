/** Carries out commands: finds the keyset, hands the command to its file, turns an engine's failure into a fault. */
import { EngineError } from "@hereabouts/core";
import {
  type Command,
  type CommandKind,
  type Fault,
  failure,
  type OutcomeOf,
  type Result,
  type SubscribeCommand,
  success,
} from "@hereabouts/protocol";
import type { CancelSignal } from "@hereabouts/protocol/wire";
import type { Log } from "../log.ts";
import type { Context, Execute } from "./context.ts";
import { changeGroup, deleteGroup, listGroup, listGroups } from "./groups.ts";
import { heartbeat } from "./heartbeat.ts";
import { globalHereNow, hereNow } from "./here-now.ts";
import { leave } from "./leave.ts";
import { publish, signal } from "./publish.ts";
import { getState, setState } from "./state.ts";
import { type Asker, subscribe } from "./subscribe.ts";
import { tellTime } from "./time.ts";
import { whereNow } from "./where-now.ts";

/** Carries out commands. */
export interface Service {
  /**
   * What the command came to, at once where nothing has to be waited for. Throws or rejects when the engine cannot
   * answer, or for a mistake of ours: see `faultOf`.
   */
  execute(command: PromptCommand): Execution;
  /**
   * Lets a subscribe be answered, whenever there is something to tell. `signal` tells when nobody waits any more. Throws,
   * or fails the asker, as `execute` does.
   */
  subscribe(command: SubscribeCommand, signal: CancelSignal, asker: Asker): void;
  /** What to answer when a command was rejected; says in the log why. */
  faultOf(error: unknown, command: Command): Fault;
}

/** A command that is answered as soon as it has been carried out: all but subscribes. */
export type PromptCommand = Exclude<Command, SubscribeCommand>;

/** What a command came to, now or later. */
export type Execution = Result<OutcomeOf<CommandKind>> | Promise<Result<OutcomeOf<CommandKind>>>;

type KeysetCommandKind = Exclude<PromptCommand["kind"], "time" | "preflight">;

const executors: { readonly [Kind in KeysetCommandKind]: Execute<Kind> } = {
  heartbeat,
  leave,
  "here-now": hereNow,
  "global-here-now": globalHereNow,
  "where-now": whereNow,
  "set-state": setState,
  "get-state": getState,
  "list-groups": listGroups,
  "list-group": listGroup,
  "change-group": changeGroup,
  "delete-group": deleteGroup,
  publish,
  signal,
};

/** Creates the service on its parts. */
export function createService(context: Context, log: Log): Service {
  return {
    execute: (command) => dispatch(context, command),
    subscribe: (command, signal, asker) => {
      const keyset = context.keysets.get(command.subscribeKey);
      if (keyset === undefined) asker.answer(command, failure("invalid-subscribe-key"));
      else subscribe(context, { keyset, command, signal, asker, groups: undefined });
    },
    faultOf: (error, command) => faultOf(error, command.kind, log),
  };
}

function dispatch(context: Context, command: PromptCommand): Execution {
  if (command.kind === "preflight") return success(undefined);
  if (command.kind === "time") return tellTime(context);
  const keyset = context.keysets.get(command.subscribeKey);
  if (keyset === undefined) return failure("invalid-subscribe-key");
  // The table pairs each kind with its own outcome; the compiler cannot follow that through a union.
  const run = executors[command.kind] as Execute<CommandKind>;
  return run(context, keyset, command);
}

/** Seconds after which a client may try again when the engine could not answer. */
const retryAfterSeconds = 1;

function faultOf(error: unknown, kind: CommandKind, log: Log): Fault {
  if (error instanceof EngineError) {
    log.warn("The engine could not answer.", { command: kind, code: error.code, err: error });
    return { code: "unavailable", retryAfterSeconds };
  }
  log.error("A command failed for a reason of our own.", { command: kind, err: error });
  return { code: "internal" };
}
