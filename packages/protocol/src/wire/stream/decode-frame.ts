/** Reads the frames a client sends on its stream: another subscription in place of the one before, or a leave. */

import type { Filter } from "../../filter/ast.ts";
import type { CarriedState, Targets } from "../../model/command.ts";
import type { Fault, FaultCode } from "../../model/fault.ts";
import { type JsonText, parseJsonText, parseState, type State } from "../../model/json.ts";
import { own } from "../../model/own.ts";
import { carriedStateOf, checkedState } from "../carried-state.ts";
import { checkedChannels, checkedGroups } from "../decode-names.ts";
import { checkedFilter, refuseNothing } from "../decode-subscribe.ts";
import { exceedsBytes, membersOf } from "../json-text.ts";
import type { FaultNote } from "../reader.ts";
import { streamFrameBytesMax } from "./limits.ts";

/** What a client asks on its stream. `id` is the client's own name for the question, 0 when it gives none. */
export type StreamAsk =
  | (Targets & {
      readonly kind: "subscribe";
      readonly id: number;
      readonly state: CarriedState | undefined;
      readonly filter: Filter | undefined;
    })
  | (Targets & { readonly kind: "leave"; readonly id: number });

/** A frame, decoded, or what is wrong with it. */
export type StreamFrame =
  | { readonly ok: true; readonly ask: StreamAsk }
  | { readonly ok: false; readonly id: number; readonly fault: Fault };

type Members = ReadonlyMap<string, JsonText>;

/** Decodes a frame. Never throws, whatever the text. */
export function decodeStreamFrame(text: string): StreamFrame {
  if (exceedsBytes(text, streamFrameBytesMax))
    return refusal(0, `A frame may have ${streamFrameBytesMax} bytes.`);
  const frame = objectOf(parseJsonText(text));
  if (frame === undefined) return refusal(0, "The frame is no JSON object.");
  const id = idOf(frame.get("id"));
  if (id === undefined) return refusal(0, "The id of a frame is a whole number from 0 to 2^53 - 1.");
  const subscribe = frame.get("subscribe");
  const leave = frame.get("leave");
  if ((subscribe === undefined) === (leave === undefined)) {
    return refusal(id, 'A frame has either "subscribe" or "leave".');
  }
  const members = objectOf(subscribe ?? leave);
  if (members === undefined) return refusal(id, '"subscribe" and "leave" are objects.');
  const notes = new Notes();
  const ask = leave === undefined ? readSubscribe(id, members, notes) : readLeave(id, members, notes);
  return notes.fault === undefined ? { ok: true, ask } : { ok: false, id, fault: notes.fault };
}

function readSubscribe(id: number, members: Members, notes: FaultNote): StreamAsk {
  const targets = readTargets(members, notes);
  const filter = textOf(members, "filter", notes);
  return {
    kind: "subscribe",
    id,
    ...targets,
    filter: filter === "" ? undefined : checkedFilter(notes, filter),
    state: readState(members, targets, notes),
  };
}

function readLeave(id: number, members: Members, notes: FaultNote): StreamAsk {
  return { kind: "leave", id, ...readTargets(members, notes) };
}

function readTargets(members: Members, notes: FaultNote): Targets {
  const channels = checkedChannels(notes, textOf(members, "channels", notes));
  const groups = textOf(members, "groups", notes);
  const named = { channels, groups: groups === "" ? [] : checkedGroups(notes, groups) };
  refuseNothing(notes, named.channels.length + named.groups.length);
  return named;
}

function readState(
  members: Members,
  { channels, groups }: Targets,
  notes: FaultNote,
): CarriedState | undefined {
  const text = members.get("state");
  if (text === undefined) return undefined;
  return carriedStateOf(own(checkedState(notes, text)), channels, groups);
}

/** A text member; empty when it is missing. */
function textOf(members: Members, name: string, notes: FaultNote): string {
  const text = members.get(name);
  if (text === undefined) return "";
  const value: unknown = JSON.parse(text);
  if (typeof value === "string") return value;
  notes.fail("invalid-argument", `The value of ${name} is no text.`);
  return "";
}

function objectOf(text: JsonText | undefined): Members | undefined {
  // `null` parses as the empty state, and is no object here.
  if (text === undefined || !text.startsWith("{") || parseState(text) === undefined) return undefined;
  return membersOf(text as State);
}

function idOf(text: JsonText | undefined): number | undefined {
  if (text === undefined) return 0;
  const value: unknown = JSON.parse(text);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function refusal(id: number, message: string): StreamFrame {
  return { ok: false, id, fault: { code: "invalid-argument", message } };
}

class Notes implements FaultNote {
  fault: Fault | undefined = undefined;

  fail(code: FaultCode, message?: string): void {
    if (this.fault !== undefined) return;
    this.fault = message === undefined ? { code } : { code, message };
  }
}
