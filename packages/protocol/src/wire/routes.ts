/** The table of routes, and how a request finds its own: method, segments, decoder, and whose part of the wire it is. */
import type { Command } from "../model/command.ts";
import { decodeDeleteGroup, decodeGroup, decodeListGroups } from "./decode-groups.ts";
import { decodeHeartbeat } from "./decode-heartbeat.ts";
import { decodeGlobalHereNow, decodeHereNow } from "./decode-here-now.ts";
import { decodeLeave } from "./decode-leave.ts";
import { decodePostedPublish, decodePublish, decodeSignal } from "./decode-publish.ts";
import { decodeGetState, decodeSetState } from "./decode-state.ts";
import { decodeSubscribe } from "./decode-subscribe.ts";
import { decodeTime } from "./decode-time.ts";
import { decodeWhereNow } from "./decode-where-now.ts";
import type { RequestReader } from "./reader.ts";
import { type FaultHint, groupsHint, presenceHint, publishHint } from "./status.ts";
import type { Target } from "./target.ts";

/** A kind of request that is answered. */
export interface Route {
  readonly method: "GET" | "POST";
  /** Literal segments; `undefined` where any segment may stand. */
  readonly segments: readonly (string | undefined)[];
  readonly decode: (reader: RequestReader) => Command;
  readonly hint: FaultHint;
}

const presencePath = "v2/presence/sub-key/{key}";
const groupsPath = "v1/channel-registration/sub-key/{key}/channel-group";

const routes: readonly Route[] = [
  get("time/0", decodeTime, presenceHint),
  get("v2/subscribe/{key}/{channels}/{callback}", decodeSubscribe, presenceHint),
  get(`${presencePath}/channel/{channels}/heartbeat`, decodeHeartbeat, presenceHint),
  get(`${presencePath}/channel/{channels}/leave`, decodeLeave, presenceHint),
  get(`${presencePath}/channel/{channels}`, decodeHereNow, presenceHint),
  get(presencePath, decodeGlobalHereNow, presenceHint),
  get(`${presencePath}/uuid/{user}`, decodeWhereNow, presenceHint),
  get(`${presencePath}/channel/{channels}/uuid/{user}/data`, decodeSetState, presenceHint),
  get(`${presencePath}/channel/{channels}/uuid/{user}`, decodeGetState, presenceHint),
  get(groupsPath, decodeListGroups, groupsHint),
  get(`${groupsPath}/{group}`, decodeGroup, groupsHint),
  get(`${groupsPath}/{group}/remove`, decodeDeleteGroup, groupsHint),
  get("publish/{publish}/{key}/{signature}/{channel}/{callback}/{message}", decodePublish, publishHint),
  post("publish/{publish}/{key}/{signature}/{channel}/{callback}", decodePostedPublish, publishHint),
  get("signal/{publish}/{key}/{signature}/{channel}/{callback}/{message}", decodeSignal, publishHint),
];

/** The route of a request; `undefined` when there is none for its method and path. */
export function findRoute(method: string, target: Target): Route | undefined {
  for (const route of routesOfLength[target.segmentCount] ?? noRoutes) {
    if (route.method === method && matches(route.segments, target)) return route;
  }
  return undefined;
}

const noRoutes: readonly Route[] = [];

const segmentsMax = Math.max(...routes.map((route) => route.segments.length));

/** Routes by how many segments they have, so that few are looked at. */
const routesOfLength: readonly (readonly Route[])[] = Array.from({ length: segmentsMax + 1 }, (_, length) =>
  routes.filter((route) => route.segments.length === length),
);

function matches(pattern: readonly (string | undefined)[], target: Target): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    const literal = pattern[index];
    if (literal === undefined || target.isSegment(index, literal)) continue;
    // Some clients write the segment with an underscore.
    if (literal !== "sub-key" || !target.isSegment(index, "sub_key")) return false;
  }
  return true;
}

function get(path: string, decode: Route["decode"], hint: FaultHint): Route {
  return { method: "GET", segments: segmentsOf(path), decode, hint };
}

function post(path: string, decode: Route["decode"], hint: FaultHint): Route {
  return { method: "POST", segments: segmentsOf(path), decode, hint };
}

function segmentsOf(path: string): readonly (string | undefined)[] {
  return path.split("/").map((segment) => (segment.startsWith("{") ? undefined : segment));
}
