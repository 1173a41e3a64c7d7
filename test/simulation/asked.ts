/** Reads from a request's target what the checkers want to know of it. Not the product's own decoder, on purpose. */
import type { Asked } from "./history.ts";
import { group } from "./names.ts";

const kinds: readonly (readonly [string, RegExp])[] = [
  ["subscribe", /^\/v2\/subscribe\/[^/]*\/([^/]*)\//],
  ["heartbeat", /^\/v2\/presence\/sub-key\/[^/]*\/channel\/([^/]*)\/heartbeat$/],
  ["leave", /^\/v2\/presence\/sub-key\/[^/]*\/channel\/([^/]*)\/leave$/],
  ["set-state", /\/channel\/([^/]*)\/uuid\/[^/]*\/data$/],
  ["get-state", /\/channel\/([^/]*)\/uuid\/[^/]*$/],
  ["where-now", /\/uuid\/[^/]*$/],
  ["here-now", /^\/v2\/presence\/sub-key\/[^/]*(?:\/channel\/([^/]*))?$/],
  ["groups", /^\/v1\/channel-registration\//],
  ["publish", /^\/publish\/[^/]*\/[^/]*\/[^/]*\/([^/]*)\//],
  ["signal", /^\/signal\/[^/]*\/[^/]*\/[^/]*\/([^/]*)\//],
];

/** What a target asks. */
export function askedOf(target: string): Asked {
  const [path = "", search = ""] = target.split("?");
  const query = new URLSearchParams(search);
  const found = kinds.flatMap(([kind, pattern]) => {
    const match = pattern.exec(path);
    return match === null ? [] : [{ kind, list: match[1] ?? "" }];
  })[0] ?? { kind: "other", list: "" };
  const isHandshake = (query.get("tt") ?? "0") === "0";
  const kind = found.kind === "subscribe" ? (isHandshake ? "handshake" : "poll") : found.kind;
  const heartbeat = query.get("heartbeat");
  return {
    kind,
    user: query.get("uuid") ?? undefined,
    device: query.get("instanceid") ?? undefined,
    channels: channelsOf(found.list, query.get("channel-group") ?? ""),
    timeoutMs: heartbeat === null ? undefined : Number(heartbeat) * 1_000,
  };
}

function channelsOf(list: string, groups: string): readonly string[] {
  const named = list.split(",").map(decodeURIComponent);
  const members = groups.split(",").includes(group.name) ? group.members : [];
  return [...new Set([...named, ...members])].filter((name) => name !== "" && !name.endsWith("-pnpres"));
}
