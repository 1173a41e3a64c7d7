/** Writes the frames of a stream that are no deliveries: each has `c`, which says what it is about. */
import type { Fault } from "../../model/fault.ts";
import type { Channel } from "../../model/names.ts";
import type { Timetoken } from "../../model/timetoken.ts";
import { regional } from "../encode-subscribe.ts";
import { jsonString } from "../json-text.ts";
import { wordsOf } from "../status.ts";

/** The subscription is in force: the one that opened the stream (id 0), or the one that a frame asked for. */
export function encodeReady(id: number, cursor: Timetoken): string {
  return `{"c":"ready","t":${regional(cursor)},"id":${id}}`;
}

/** The client read too slowly: what happened in these channels up to this position is not told any more. */
export function encodeGap(channels: readonly Channel[], cursor: Timetoken): string {
  return `{"c":"gap","channels":${JSON.stringify(channels)},"t":${regional(cursor)}}`;
}

/** The node is on its way out: open another stream after this many milliseconds, then close this one. */
export function encodeMove(afterMs: number): string {
  return `{"c":"move","afterMs":${afterMs}}`;
}

/** What a client asked for is refused; everything stays as it was. */
export function encodeError(id: number, fault: Fault): string {
  const { status, message } = wordsOf(fault);
  return `{"c":"error","id":${id},"status":${status},"message":${jsonString(message)}}`;
}
