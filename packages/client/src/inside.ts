/** What calls and rosters need of a core, and its users do not: kept beside it. */
import type { ClientTypes, Core, MessageOf, StateOf } from "./api.ts";
import type { Connection } from "./connection.ts";
import { refuse } from "./names.ts";
import type { CallContext } from "./requests/context.ts";
import type { SeatKeeper } from "./seat-keeper.ts";

/** A core from the inside. */
export interface Inside<Types extends ClientTypes> extends CallContext<StateOf<Types>> {
  readonly connection: Connection<StateOf<Types>, MessageOf<Types>>;
  readonly keeper: SeatKeeper;
  /** Aborts when the core is closed, for the reason that calls are refused with from then on. */
  readonly closing: AbortSignal;
}

const insides = new WeakMap<object, unknown>();

/** Makes a core known. */
export function remember<Types extends ClientTypes>(core: Core<Types>, inside: Inside<Types>): Core<Types> {
  insides.set(core, inside);
  return core;
}

/** A core's inside. Throws a PresenceError `invalid-argument` when it was not made by `createCore`. */
export function insideOf<Types extends ClientTypes>(core: Core<Types>): Inside<Types> {
  // What is kept for a core of these types has been given by `remember` with it.
  const inside = insides.get(core) as Inside<Types> | undefined;
  return inside ?? refuse("A core has to come from createCore or createClient");
}
