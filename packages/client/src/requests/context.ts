/** What the calls of a client have in common. */
import type { StatusEvent } from "../api.ts";
import type { Settings } from "../options.ts";
import type { StateCheck, StateOwner } from "../state-check.ts";
import type { Ask, Part } from "./ask.ts";

/** What a call needs of its client. */
export interface CallContext<State> {
  readonly settings: Settings<State>;
  /** Asks until the client is closed. */
  readonly ask: Ask;
  readonly check: StateCheck<State>;
  /** Tells the client's listeners. */
  onStatus(event: StatusEvent): void;
}

/** The path of a keyset's presence, and what is below it. */
export function presencePath(
  { subscribeKey }: { readonly subscribeKey: string },
  ...below: readonly Part[]
): readonly Part[] {
  return ["v2", "presence", "sub-key", subscribeKey, ...below];
}

/** A state that came, as the application's type; `onStatus` is told of one that does not fit. */
export async function readState<State>(
  { check, onStatus }: CallContext<State>,
  raw: unknown,
  owner: StateOwner,
): Promise<State | undefined> {
  const { state, invalid } = await check.incoming(raw, owner);
  if (invalid) onStatus(invalid);
  return state;
}
