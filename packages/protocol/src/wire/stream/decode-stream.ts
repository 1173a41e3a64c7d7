/** Reads what opens a stream: `GET /v3/stream/{key}/{channels}` with the query of a subscribe. An extension of ours. */
import type { SubscribeCommand } from "../../model/command.ts";
import type { Fault } from "../../model/fault.ts";
import { targetBytesMax } from "../../model/limits.ts";
import { readSubscription } from "../decode-subscribe.ts";
import { RequestReader } from "../reader.ts";
import { splitTarget } from "../target.ts";

/** What opens a stream, or what is wrong with it. */
export type DecodedStream =
  | { readonly ok: true; readonly command: SubscribeCommand }
  | { readonly ok: false; readonly fault: Fault };

const prefix = "/v3/stream/";

/** Whether a target is a stream's, well-formed or not. */
export function isStreamTarget(target: string): boolean {
  return target.startsWith(prefix);
}

/** Decodes what opens a stream. Its cursor goes on from where an answer or another stream left off; 0 is a handshake. */
export function decodeStream(text: string): DecodedStream {
  if (text.length > targetBytesMax) return { ok: false, fault: { code: "target-too-long" } };
  const target = splitTarget(text);
  if (target === undefined) return { ok: false, fault: { code: "could-not-parse" } };
  if (!isStreamPath(target.segmentCount) || target.hasDotSegment()) {
    return { ok: false, fault: { code: "not-found" } };
  }
  const reader = new RequestReader(target, undefined);
  const command = readSubscription(reader);
  return reader.fault === undefined ? { ok: true, command } : { ok: false, fault: reader.fault };
}

/** `v3`, `stream`, a key and channels. */
function isStreamPath(segments: number): boolean {
  return segments === 4;
}
