/** From a request to a command or to what is wrong with it. Never throws, whatever the request. */
import type { Command, CommandKind } from "../model/command.ts";
import type { Fault } from "../model/fault.ts";
import { targetBytesMax } from "../model/limits.ts";
import { decodePreflight } from "./decode-preflight.ts";
import type { WireRequest } from "./http.ts";
import { RequestReader } from "./reader.ts";
import { findRoute } from "./routes.ts";
import { type FaultHint, groupsHint, presenceHint, publishHint, type WirePart } from "./status.ts";
import { shownPath, splitTarget } from "./target.ts";

/** A request as a command, or what is wrong with it and in which dress to say so. */
export type Decoded =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly fault: Fault; readonly hint: FaultHint };

/** Decodes a request. */
export function decodeRequest(request: WireRequest): Decoded {
  if (request.method === "OPTIONS") return { ok: true, command: decodePreflight(request) };
  // What may stand in a target is ASCII, so characters are bytes.
  if (request.target.length > targetBytesMax) return refusal({ code: "target-too-long" }, presenceHint);
  const target = splitTarget(request.target);
  if (target === undefined) return refusal({ code: "could-not-parse" }, presenceHint);
  const route = findRoute(request.method, target);
  if (route === undefined || target.hasDotSegment()) return notFound(request.target);
  const reader = new RequestReader(target, request.body);
  const command = route.decode(reader);
  return reader.fault === undefined ? { ok: true, command } : refusal(reader.fault, route.hint);
}

/** In which dress to say what the service finds wrong with a command. */
export function hintFor(command: Command): FaultHint {
  return hintOfPart[partOf[command.kind]];
}

function refusal(fault: Fault, hint: FaultHint): Decoded {
  return { ok: false, fault, hint };
}

function notFound(target: string): Decoded {
  return refusal({ code: "not-found" }, { part: "presence", path: shownPath(target) });
}

const hintOfPart: Readonly<Record<WirePart, FaultHint>> = {
  presence: presenceHint,
  groups: groupsHint,
  publish: publishHint,
};

const partOf: Readonly<Record<CommandKind, WirePart>> = {
  time: "presence",
  subscribe: "presence",
  heartbeat: "presence",
  leave: "presence",
  "here-now": "presence",
  "global-here-now": "presence",
  "where-now": "presence",
  "set-state": "presence",
  "get-state": "presence",
  "list-groups": "groups",
  "list-group": "groups",
  "change-group": "groups",
  "delete-group": "groups",
  publish: "publish",
  signal: "publish",
  preflight: "presence",
};
