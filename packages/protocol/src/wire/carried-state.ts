/** Reads states: the one that set state sets, and those that a subscribe or heartbeat carries. */
import type { CarriedState } from "../model/command.ts";
import { emptyState, parseState, type State } from "../model/json.ts";
import { stateBytesMax } from "../model/limits.ts";
import type { Channel, Group } from "../model/names.ts";
import { own } from "../model/own.ts";
import { exceedsBytes, membersOf } from "./json-text.ts";
import type { FaultNote, RequestReader } from "./reader.ts";

/** The value of `state` as a state; `undefined` when it is missing. */
export function readState(reader: RequestReader): State | undefined {
  const text = reader.query("state");
  return text === undefined ? undefined : checkedState(reader, text);
}

/** A text as a state. */
export function checkedState(reader: FaultNote, text: string): State {
  if (exceedsBytes(text, stateBytesMax)) reader.fail("state-too-large");
  const state = parseState(text);
  if (state === undefined) reader.fail("state-invalid");
  return own(state ?? emptyState);
}

/**
 * The value of `state` as what a subscribe or heartbeat carries. It maps names to states when a member is named in
 * the request and has an object (or null, which clears) for its value; members that the request does not name are
 * ignored then. Otherwise it is one state for every channel. An empty object carries nothing.
 */
export function readCarriedState(
  reader: RequestReader,
  channels: readonly Channel[],
  groups: readonly Group[],
): CarriedState | undefined {
  const state = readState(reader);
  return state === undefined ? undefined : carriedStateOf(state, channels, groups);
}

/** See {@link readCarriedState}. */
export function carriedStateOf(
  state: State,
  channels: readonly Channel[],
  groups: readonly Group[],
): CarriedState | undefined {
  if (state === emptyState) return undefined;
  const states = new Map<string, State>();
  const named = new Set<string>([...channels, ...groups]);
  for (const [name, value] of membersOf(state)) {
    const member = named.has(name) ? stateOf(value) : undefined;
    if (member !== undefined) states.set(name, member);
  }
  return states.size > 0 ? { kind: "by-name", states } : { kind: "every-channel", state };
}

function stateOf(value: string): State | undefined {
  if (value === "null") return emptyState;
  return value.startsWith("{") ? (own(value) as State) : undefined;
}
