/** The wire codec: requests to commands, outcomes and faults to replies. */

// For whoever answers requests.
export { type Decoded, decodeRequest, hintFor } from "./decode.ts";
export { encodeOutcome } from "./encode.ts";
export { encodeDeliveries, type SubscriberKeys } from "./encode-subscribe.ts";
export { filterInput } from "./filter-input.ts";
// For whoever carries requests.
export {
  type CancelSignal,
  type Handler,
  neverCancelled,
  type Transport,
  type Waiter,
  type WireRequest,
  type WireResponse,
} from "./http.ts";
export { region } from "./replies.ts";
export { encodeFault, type FaultHint, presenceHint, publishHint, type WirePart } from "./status.ts";
export { closeGoingAway, closeInternal, closePolicy, closeTryLater } from "./stream/close.ts";
export { decodeStreamFrame, type StreamAsk, type StreamFrame } from "./stream/decode-frame.ts";
export { type DecodedStream, decodeStream, isStreamTarget } from "./stream/decode-stream.ts";
export { encodeError, encodeGap, encodeMove, encodeReady } from "./stream/encode-control.ts";
export {
  streamFrameBytesMax,
  streamFramesPerSecondEnd,
  streamFramesPerSecondMax,
} from "./stream/limits.ts";
