/** Short ways to say what the tests ask of a ledger. */
import {
  type Channel,
  type DeviceId,
  type Group,
  type JsonText,
  parseState,
  type State,
  type UserId,
} from "@hereabouts/protocol";
import type { LeaveRequest, Page, Publication, SeatRequest, StateRequest } from "../../src/ports.ts";

/** When the tests begin. */
export const t0 = 1_764_000_000_000;

export const channel = (name: string): Channel => name as Channel;
export const channels = (...names: string[]): Channel[] => names.map(channel);
export const group = (name: string): Group => name as Group;
export const user = (name: string): UserId => name as UserId;
export const device = (name: string): DeviceId => name as DeviceId;

export function state(value: object): State {
  const parsed = parseState(JSON.stringify(value));
  if (parsed === undefined) throw new Error("not a state");
  return parsed;
}

export function seatOf(name: string, where: string[], more: Partial<SeatRequest> = {}): SeatRequest {
  return {
    user: user(name),
    device: undefined,
    channels: channels(...where),
    timeoutSeconds: undefined,
    defaultTimeoutSeconds: 300,
    states: undefined,
    intent: "deliberate",
    asksForOwnJoins: true,
    ...more,
  };
}

export function leaveOf(name: string, where: string[], more: Partial<LeaveRequest> = {}): LeaveRequest {
  return { user: user(name), device: undefined, channels: channels(...where), debounceMs: 2_000, ...more };
}

export function stateOf(name: string, where: string[], value: object, keepMs = 300_000): StateRequest {
  return { user: user(name), channels: channels(...where), state: state(value), keepMs };
}

export const wholePage: Page = { offset: 0, limit: 1_000, unless: undefined };

/** A message on a channel. */
export function publicationOf(name: string, text = "hi"): Publication {
  return {
    kind: "message",
    channel: channel(name),
    publisher: user("publisher"),
    payload: JSON.stringify(text) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
}
