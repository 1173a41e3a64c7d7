/** Faults on the wire: the status and body of each, in the dress of the service the client takes us for. */
import type { Fault, FaultCode } from "../model/fault.ts";
import { formatTimetoken, type Timetoken } from "../model/timetoken.ts";
import type { WireResponse } from "./http.ts";
import { jsonString } from "./json-text.ts";
import { presenceHeaders, publishHeaders, registryHeaders } from "./replies.ts";

/** Whose part of the wire a request is: faults that any part may have are told in its dress. */
export type WirePart = "presence" | "groups" | "publish";

/** In which dress a request's faults go. */
export interface FaultHint {
  readonly part: WirePart;
  /** The path asked for, when there is nothing at it. */
  readonly path: string | undefined;
}

/** The hint for requests that get no further than the adapter: too long, malformed, refused for load. */
export const presenceHint: FaultHint = Object.freeze({ part: "presence", path: undefined });
/** The hint for channel group requests. */
export const groupsHint: FaultHint = Object.freeze({ part: "groups", path: undefined });
/** The hint for publish and signal. */
export const publishHint: FaultHint = Object.freeze({ part: "publish", path: undefined });

/** Who tells a fault: services that put objects, or publish's array. */
type Dress = "Presence" | "Access Manager" | "channel-registry" | "Publish" | "Balancer" | "array";

interface FaultReply {
  readonly status: number;
  /** The code's own sentence. */
  readonly sentence: string;
  /** Whether the fault's message takes the sentence's place; where clients know the sentence it is told beside it. */
  readonly wording: "fault" | "fixed";
  /** Who tells it; absent: the part of the wire that was asked. */
  readonly dress?: Dress;
}

/** Status and body of every fault. Source: wire specification §§ 2.3, 10, 12, 13 and 14. */
const replies: Readonly<Record<FaultCode, FaultReply>> = {
  "invalid-subscribe-key": fixed(400, "Invalid Subscribe Key", "Access Manager"),
  "invalid-publish-key": fixed(400, "Invalid Key", "array"),
  "could-not-parse": fixed(400, "Could Not Parse Request", "Access Manager"),
  "invalid-argument": { status: 400, sentence: "Invalid Arguments", wording: "fault" },
  "target-too-long": fixed(414, "Request URI Too Long", "Balancer"),
  "body-too-large": fixed(413, "Request Entity Too Large", "Balancer"),
  "not-found": { status: 404, sentence: "Not found", wording: "fault" },
  "feature-off": {
    status: 402,
    sentence: "This feature is not turned on for this account.",
    wording: "fault",
    dress: "Presence",
  },
  "state-missing": fixed(400, "No state specified.", "Presence"),
  "state-invalid": fixed(400, "Invalid JSON specified.", "Presence"),
  "state-too-large": fixed(413, "Request Entity Too Large", "Presence"),
  "message-invalid": fixed(400, "Invalid JSON", "array"),
  "message-too-large": fixed(400, "Message Too Large", "array"),
  "signal-too-large": fixed(400, "Signal size too large", "array"),
  "channel-unpublishable": fixed(400, "Invalid Channel", "array"),
  "reserved-character": fixed(400, "Reserved character in input parameters.", "channel-registry"),
  "group-too-large": fixed(400, "Maximum channel group count exceeded.", "channel-registry"),
  unavailable: { status: 503, sentence: "Service Unavailable", wording: "fixed" },
  "too-many-requests": { status: 429, sentence: "Too Many Requests", wording: "fixed" },
  internal: { status: 500, sentence: "Internal Server Error", wording: "fixed" },
};

/** A fault as a reply. `now` stands in publish's errors. */
export function encodeFault(fault: Fault, hint: FaultHint, now: Timetoken): WireResponse {
  const reply = replies[fault.code];
  const dress = reply.dress ?? dressOf(hint.part, reply.status);
  const message = messageOf(fault, reply, hint);
  const body =
    dress === "array"
      ? `[0,${jsonString(message)},"${formatTimetoken(now)}"]`
      : objectBody(reply.status, dress, { message, detail: detailOf(fault, reply) });
  return { status: reply.status, headers: headersOf(fault, hint, reply.status), body };
}

/** A fault's status, and what is wrong in one sentence, for where there are no dresses. */
export function wordsOf(fault: Fault): { readonly status: number; readonly message: string } {
  const { status, sentence } = replies[fault.code];
  return { status, message: fault.message ?? sentence };
}

function fixed(status: number, sentence: string, dress: Dress): FaultReply {
  return { status, sentence, wording: "fixed", dress };
}

/** Publish tells what is wrong with a message in an array; what keeps it from answering at all in an object. */
function dressOf(part: WirePart, status: number): Dress {
  switch (part) {
    case "presence":
      return "Presence";
    case "groups":
      return "channel-registry";
    case "publish":
      return status === 400 ? "array" : "Publish";
  }
}

function messageOf(fault: Fault, reply: FaultReply, hint: FaultHint): string {
  if (reply.wording === "fault" && fault.message !== undefined) return fault.message;
  if (fault.code === "not-found" && hint.path !== undefined) return `${reply.sentence}: '${hint.path}'`;
  return reply.sentence;
}

function detailOf(fault: Fault, reply: FaultReply): string | undefined {
  return reply.wording === "fixed" ? fault.message : undefined;
}

/** `detail` is ours: clients know the sentence in `message`, people want to know what it is about. */
function objectBody(
  status: number,
  service: Exclude<Dress, "array">,
  words: { readonly message: string; readonly detail: string | undefined },
): string {
  const error = service === "Presence" ? "1" : "true";
  const detail = words.detail === undefined ? "" : `,"detail":${jsonString(words.detail)}`;
  const message = jsonString(words.message);
  return `{"status":${status},"error":${error},"message":${message},"service":"${service}"${detail}}`;
}

/** Seconds after which to try again when a fault does not say. */
const retryAfterSecondsDefault = 1;

function headersOf(fault: Fault, hint: FaultHint, status: number): WireResponse["headers"] {
  const headers = partHeaders[hint.part];
  if (status !== 429 && status !== 503) return headers;
  const seconds = Math.max(1, Math.ceil(fault.retryAfterSeconds ?? retryAfterSecondsDefault));
  // A page of another origin reads only what it is let.
  return { ...headers, "retry-after": String(seconds), "access-control-expose-headers": "retry-after" };
}

const partHeaders: Readonly<Record<WirePart, WireResponse["headers"]>> = {
  presence: presenceHeaders,
  groups: registryHeaders,
  publish: publishHeaders,
};
