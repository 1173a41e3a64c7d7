/**
 * Answers to those who watch over a node: whether it lives, and whether it shall be given requests. They need no
 * keyset, and nothing here can be kept from a page of another origin.
 */
import { type Clock, type Engine, EngineError } from "@hereabouts/core";
import type { Handler, WireResponse } from "@hereabouts/protocol/wire";

/** Why a node shall not be given requests. */
export interface Unready {
  readonly reason: "draining" | "engine-unavailable";
  /** A sentence for people. */
  readonly detail: string;
}

/** Tells whether a node shall be given requests: `undefined` when it shall. */
export type Readiness = () => Promise<Unready | undefined>;

const prefix = "/health/";
/** The character that tells a target from nearly all others at one look. */
const firstOfPrefix = prefix.charCodeAt(1);

/** A handler in front of another, that answers `GET /health/live` and `GET /health/ready`. */
export function withHealth(handler: Handler, readiness: Readiness): Handler {
  return (request) => {
    const { target } = request;
    if (target.charCodeAt(1) !== firstOfPrefix || !target.startsWith(prefix)) return handler(request);
    if (request.method !== "GET" && request.method !== "HEAD") return handler(request);
    const [path] = request.target.split("?", 1);
    if (path === "/health/live") return Promise.resolve(live);
    if (path === "/health/ready") return readiness().then(readyReply);
    return handler(request);
  };
}

/** Seconds after which to ask again whether a node is ready. */
const retryAfterSeconds = 1;

const headers: WireResponse["headers"] = Object.freeze({
  "content-type": "application/json",
  "cache-control": "no-store",
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
});

const unreadyHeaders: WireResponse["headers"] = Object.freeze({
  ...headers,
  "retry-after": String(retryAfterSeconds),
  "access-control-expose-headers": "retry-after",
});

const live: WireResponse = { status: 200, headers, body: '{"status":"live"}' };
const ready: WireResponse = { status: 200, headers, body: '{"status":"ready"}' };

function readyReply(unready: Unready | undefined): WireResponse {
  if (unready === undefined) return ready;
  return { status: 503, headers: unreadyHeaders, body: JSON.stringify({ status: "unready", ...unready }) };
}

/** For how long it is believed that the engine can be reached, or cannot, in milliseconds. */
const believedMs = 500;

/** Readiness by whether the node drains and whether its engine answers, which is asked at most twice a second. */
export function readinessOf(engine: Engine, clock: Clock, isDraining: () => boolean): Readiness {
  let asked: Promise<Unready | undefined> | undefined;
  let askedAt = 0;
  return () => {
    if (isDraining()) return Promise.resolve(draining);
    if (asked === undefined || clock.now() - askedAt >= believedMs) {
      askedAt = clock.now();
      asked = engine.keysets.list().then(
        () => undefined,
        (error: unknown) => ({ reason: "engine-unavailable", detail: detailOf(error) }) as const,
      );
    }
    return asked;
  };
}

const draining: Unready = { reason: "draining", detail: "The node is stopping." };

/** What an engine says is for people; anything else is a mistake of ours, and not for strangers. */
function detailOf(error: unknown): string {
  return error instanceof EngineError ? error.message : "The engine failed.";
}
